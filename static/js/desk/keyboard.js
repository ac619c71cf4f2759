// A phone's keyboard covers the page from below instead of making it smaller (iOS always, others as they like): the desk ends above
// it, so that the composer is never behind it.

/** Less is a bar of the browser that came or went. */
const LEAST_PX = 80;

/**
 * How much of the page lies behind the keyboard. A page that is magnified is only a part of itself, and hides nothing.
 * @param {{height: number, offsetTop: number, scale: number}} seen @param {number} whole
 */
export function hiddenBelow({ height, offsetTop, scale }, whole) {
  const hidden = whole - height - offsetTop;
  return scale === 1 && hidden > LEAST_PX ? Math.round(hidden) : 0;
}

export function watchKeyboard() {
  const seen = globalThis.visualViewport;
  if (!seen) return;
  const place = () => {
    const hidden = hiddenBelow(seen, innerHeight);
    document.documentElement.style.setProperty("--keyboard", `${hidden}px`);
    // iOS pushes the page up to show what has the focus; with the desk above the keyboard there is nothing to push for.
    if (hidden > 0 && (scrollY > 0 || seen.offsetTop > 0)) scrollTo(0, 0);
  };
  seen.addEventListener("resize", place);
  seen.addEventListener("scroll", place);
  place();
}
