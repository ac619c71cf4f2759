// <form data-behaviour="kept" data-key="…">: what is typed into its textarea stays in this tab until the server has taken it in
// (`ui:taken`), whatever is opened meanwhile: another contact, the sign-in page. The desk's card keeps a contact's note by the same key.

/** @param {HTMLFormElement} form */
export function start(form) {
  const box = form.querySelector("textarea");
  const key = form.dataset.key;
  if (!box || !key) return;
  try {
    // What the server sends back, refused, is newer than what was kept.
    box.value ||= sessionStorage.getItem(key) ?? "";
    box.addEventListener("input", () => (box.value ? sessionStorage.setItem(key, box.value) : sessionStorage.removeItem(key)));
    form.addEventListener("ui:taken", () => sessionStorage.removeItem(key));
  } catch {
    // A browser that keeps nothing: the words stand as long as the page does.
  }
}
