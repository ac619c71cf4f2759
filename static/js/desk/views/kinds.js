// What a message holds besides words: a place, contact cards, a choice, an order, the advertisement it came from.
// All of it is the customer's: text stays text, and only addresses of the web become links.

import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { amount, hrefOf, mapAddress } from "desk/kinds.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {import("desk/types.js").Details} Details */

/** What holds more than words: a message, or one that is on its way. @typedef {Pick<Message, "details" | "kind">} Held */

/** @param {{message: Held}} props */
export function Kind({ message }) {
  const { details, kind } = message;
  return html`${details.forwarded && html`<p class="forwarded"><${Icon} name="lucide-arrow-right" size="sm" />${words.forwarded()}</p>`}
    ${details.referral && html`<${Referral} referral=${details.referral} />`}
    ${details.location && html`<${Place} place=${details.location} />`}
    ${details.contacts && html`<${Cards} cards=${details.contacts} />`}
    ${details.interactive && html`<${Choice} choice=${details.interactive} />`}
    ${details.offer?.header && html`<p class="offer-head" dir="auto"><bdi>${details.offer.header}</bdi></p>`}
    ${details.order && html`<${Order} order=${details.order} />`}
    ${kind === "unsupported" && html`<${Unsupported} what=${details.unsupported} />`}`;
}

/** Whether the text says no more than the card does, so that it is not said twice. @param {Held} message */
export function isTextSaid(message) {
  const { details } = message;
  return Boolean(details.location || details.contacts || details.interactive);
}

/** @param {{place: NonNullable<Details["location"]>}} props */
function Place({ place }) {
  const address = mapAddress(place);
  const figures = `${place.latitude.toFixed(5)}, ${place.longitude.toFixed(5)}`;
  return html`<a class="place" href=${address} target="_blank" rel="noopener noreferrer">
    <span class="place-picture"><${Icon} name="lucide-map-pin" size="lg" /></span>
    <span class="place-words"><b><bdi>${place.name || words.kindName("location")}</bdi></b>
      ${place.address && html`<small><bdi>${place.address}</bdi></small>`}<small class="figures">${figures}</small>
      <span class="place-open">${words.openMap()}<${Icon} name="lucide-external-link" size="sm" /></span></span>
  </a>`;
}

/** @param {{cards: NonNullable<Details["contacts"]>}} props */
function Cards({ cards }) {
  return html`<ul class="contact-cards">${cards.map((card, index) => html`<li key=${index}>
    <span class="avatar" data-size="sm" data-hue="gray"><${Icon} name="lucide-user-round" /></span>
    <div><b><bdi>${card.name || words.kindName("contacts")}</bdi></b>${card.organization && html`<small><bdi>${card.organization}</bdi></small>`}
      ${card.phones.map((phone) => html`<${Way} href=${hrefOf("tel", phone.number)} value=${phone.number} icon=${phone.has_whatsapp ? "brand-whatsapp" : "lucide-phone"} />`)}
      ${card.emails.map((email) => html`<${Way} href=${hrefOf("mailto", email)} value=${email} icon="lucide-mail" />`)}</div>
  </li>`)}</ul>`;
}

/** @param {{href: string, value: string, icon: string}} props */
function Way({ href, value, icon }) {
  const shown = html`<${Icon} name=${icon} size="sm" /><bdi>${value}</bdi>`;
  return href ? html`<a class="way" href=${href} rel="noopener noreferrer">${shown}</a>` : html`<span class="way">${shown}</span>`;
}

/** @param {{choice: NonNullable<Details["interactive"]>}} props */
function Choice({ choice }) {
  const answers = choice.answers ?? [];
  const label = choice.type === "list_reply" ? words.choseFromList() : choice.type === "nfm_reply" ? words.filledForm() : words.pressedButton();
  return html`<div class="choice"><small><${Icon} name=${choice.type === "nfm_reply" ? "lucide-id-card" : "lucide-corner-down-left"} size="sm" />${label}</small>
    ${choice.title && answers.length === 0 && html`<b dir="auto"><bdi>${choice.title}</bdi></b>`}
    ${choice.description && html`<span dir="auto"><bdi>${choice.description}</bdi></span>`}
    ${answers.length > 0 && html`<dl class="answers">${answers.map((answer, index) => html`<div key=${index}><dt><bdi>${answer.name}</bdi></dt><dd><bdi>${answer.value}</bdi></dd></div>`)}</dl>`}
  </div>`;
}

/** What we let the customer choose from: under the words that ask, as on their phone. @param {{message: Held}} props */
export function Offer({ message }) {
  const { offer } = message.details;
  if (!offer) return null;
  return html`<div class="offer">${offer.footer && html`<small dir="auto"><bdi>${offer.footer}</bdi></small>`}
    ${offer.button && html`<small><bdi>${offer.button}</bdi></small>`}
    ${offer.choices.length > 0 && html`<ul>${offer.choices.map((choice, index) => html`<li key=${index}>
      ${choice.url ? html`<a href=${choice.url} target="_blank" rel="noopener noreferrer"><bdi>${choice.title}</bdi></a>` : html`<bdi>${choice.title}</bdi>`}
      ${choice.description && html`<small><bdi>${choice.description}</bdi></small>`}</li>`)}</ul>`}</div>`;
}

/** @param {{order: NonNullable<Details["order"]>}} props */
function Order({ order }) {
  const { people } = useParts();
  const language = people.me.value.language;
  const lines = order.items;
  return html`<div class="order"><header><${Icon} name="lucide-briefcase" size="sm" /><b>${words.orderOf(lines.length)}</b></header>
    <ul class="items">${lines.map((item, index) => html`<li key=${index}><span><bdi>${item.product_id || "—"}</bdi></span>
      <span class="number">${item.price ? amount(item.price, item.currency, language) : ""}</span><small>${words.quantity(item.quantity)}</small></li>`)}
      ${order.total && html`<li class="total"><span>${words.total()}</span><span class="number">${amount(order.total, order.currency, language)}</span></li>`}</ul></div>`;
}

/** @param {{referral: NonNullable<Details["referral"]>}} props */
function Referral({ referral }) {
  const title = referral.headline || referral.body;
  const label = referral.source_type === "post" ? words.fromPost() : words.fromAd();
  return html`<div class="referral"><${Icon} name="lucide-megaphone" size="sm" /><span><small>${label}</small>
    ${title && html`<b class="truncate"><bdi>${title}</bdi></b>`}
    ${referral.url && html`<a href=${referral.url} target="_blank" rel="noopener noreferrer">${words.seeAd()}</a>`}</span></div>`;
}

/** @param {{what: Details["unsupported"]}} props */
function Unsupported({ what }) {
  const title = what?.type && what.type !== "unsupported" ? words.cannotShowType(what.type) : words.cannotShow();
  return html`<p class="unsupported"><${Icon} name="lucide-circle-dashed" size="sm" /><span><b>${title}</b><small>${what?.reason || what?.title || words.cannotShowHint()}</small></span></p>`;
}
