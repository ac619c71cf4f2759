// The small parts every pane uses: icons, avatars, the channel's disc, the window gauge, a button that says why it is off.

import { useId } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { words } from "desk/words.js";

const CHANNEL_ICONS = /** @type {Record<string, string>} */ ({
  whatsapp: "brand-whatsapp",
  messenger: "brand-messenger",
  instagram: "brand-instagram",
  apple: "brand-apple",
  email: "lucide-mail",
  phone: "lucide-phone",
  voice: "lucide-phone",
  webchat: "lucide-globe",
});

/** Beside text it is decoration; alone it needs a `label`. @param {{name: string, size?: string, label?: string, [other: string]: unknown}} props */
export function Icon({ name, size, label, ...others }) {
  const { sprite } = useParts();
  const meaning = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return html`<svg class="icon" data-size=${size} ...${meaning} ...${others}><use href=${`${sprite}#${name}`} /></svg>`;
}

/** The service's own colour, where it has one, is a rim around the channel's: never alone, its name is there too (001-11). @param {{channel: string, name: string, size?: string, color?: string}} props */
export function Channel({ channel, name, size, color }) {
  return html`<span class="channel" data-channel=${channel} data-size=${size} data-rim=${color || undefined} title=${name}>
    <${Icon} name=${CHANNEL_ICONS[channel] ?? "lucide-message-square"} /><span class="visually-hidden">${name}</span>
  </span>`;
}

/** @param {{row: import("desk/types.js").Row, size?: string, withChannel?: boolean}} props */
export function ContactAvatar({ row, size, withChannel = true }) {
  return html`<span class="avatar" data-hue=${row.hue || "gray"} data-size=${size}>
    ${row.initials || html`<${Icon} name="lucide-user-round" />`}
    ${withChannel && html`<${Channel} channel=${row.channel} name=${row.account_name} color=${row.account_color} />`}
  </span>`;
}

/** @param {{initials: string, hue?: string, title?: string, size?: string}} props */
export function PersonAvatar({ initials, hue, title, size = "xs" }) {
  return html`<span class="avatar" data-hue=${hue || "gray"} data-size=${size} title=${title}>
    <span aria-hidden="true">${initials}</span>${title && html`<span class="visually-hidden">${title}</span>`}
  </span>`;
}

export function VipStar() {
  return html`<${Icon} name="lucide-star" size="sm" label=${words.vip()} data-fill data-vip />`;
}

/** The window gauge: the same ring in the row, in the header and in the contact card. @param {{percent: number, size?: string}} props */
export function Ring({ percent, size }) {
  return html`<svg class="ring" viewBox="0 0 24 24" aria-hidden="true" data-size=${size}>
    <circle class="ring-track" cx="12" cy="12" r="9.5" />
    ${percent > 0 && html`<circle class="ring-value" cx="12" cy="12" r="9.5" pathLength="100" stroke-dasharray=${`${Math.round(percent)} 100`} />`}
  </svg>`;
}

/** Skeleton rows appear only after a while: the CSS delays them. @param {{rows: number}} props */
export function Skeleton({ rows }) {
  return html`<div class="desk-skeleton" aria-hidden="true">
    ${Array.from({ length: rows }, (_, index) => html`<div class="skeleton-row" key=${index}>
      <span class="skeleton" data-shape="circle"></span>
      <span class="grow skeleton-lines"><span class="skeleton" data-width="medium"></span><span class="skeleton"></span><span class="skeleton" data-width="short"></span></span>
    </div>`)}
  </div>`;
}

/** @param {{icon: string, title: string, hint: string, children?: unknown}} props */
export function Empty({ icon, title, hint, children }) {
  return html`<div class="empty"><${Icon} name=${icon} /><h3>${title}</h3><p>${hint}</p>${children}</div>`;
}

/**
 * A button that stays where it is when it is off, can still be focused, and says why: as a tooltip, to a screen reader, and to a finger
 * (which has no tooltip) when it is pressed.
 * @param {{why?: string, onClick: (event: MouseEvent) => void, label?: string, class?: string, children?: unknown, [other: string]: unknown}} props
 */
export function Button({ why = "", onClick, label, class: kind = "button", children, ...others }) {
  const { desk } = useParts();
  const id = useId();
  /** @param {MouseEvent} event */
  const press = (event) => (why ? desk.say({ text: why, tone: "" }) : onClick(event));
  return html`<button
      type="button" class=${kind} ...${others} onClick=${press} aria-label=${label} title=${why || label}
      aria-disabled=${why ? "true" : undefined} aria-describedby=${why ? id : undefined}>
      ${children}
    </button>${why && html`<span class="visually-hidden" id=${id}>${why}</span>`}`;
}
