// The server greets by its own clock; the person may sit two hours west of it. Words come from the template.

/** @param {HTMLElement} element data-morning, data-afternoon, data-evening */
export function start(element) {
  const hour = new Date().getHours();
  const part = hour < 5 ? "evening" : hour < 12 ? "morning" : hour < 19 ? "afternoon" : "evening";
  const words = element.dataset[part];
  if (words && element.textContent !== words) element.textContent = words;
}
