// Opening a file of the card in the desk's viewer.

/** @typedef {import("desk/types.js").Attachment} Attachment */

/** @param {import("desk/desk.js").Desk} desk @param {{attachment: Attachment}} file @param {readonly {attachment: Attachment}[]} _all */
export function openFile(desk, { attachment }, _all) {
  if (attachment.kind === "video") window.open(attachment.url, "_blank", "noopener");
  else desk.dialog.value = { kind: "picture", url: attachment.url, name: attachment.name };
}
