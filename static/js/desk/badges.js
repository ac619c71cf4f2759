// How many messages are unread, where somebody looks who does not look here: the tab's icon and the app's (the title is the frame's).

const SIZE = 64;

/** @param {number} count */
export function showBadges(count) {
  const app = /** @type {any} */ (navigator);
  // Refused where the app is not installed: then there is nothing to mark.
  if (app.setAppBadge) (count > 0 ? app.setAppBadge(count) : app.clearAppBadge()).catch(() => {});
  void markIcon(count);
}

let marked = 0;
let plain = "";

/** @param {number} count */
async function markIcon(count) {
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel="icon"]'));
  if (!link || count === marked) return;
  marked = count;
  plain ||= link.href;
  if (count === 0) {
    link.type = "image/svg+xml";
    link.href = plain;
    return;
  }
  const picture = await load(plain);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d");
  if (!pen || !picture || marked !== count) return;
  pen.drawImage(picture, 0, 0, SIZE, SIZE);
  pen.fillStyle = "#c8372d";
  pen.beginPath();
  pen.arc(44, 44, 20, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = "#ffffff";
  pen.font = `700 ${count > 9 ? 22 : 28}px Inter, system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(count > 99 ? "99" : String(count), 44, 46);
  link.type = "image/png";
  link.href = canvas.toDataURL("image/png");
}

/** @param {string} url @returns {Promise<HTMLImageElement | null>} */
function load(url) {
  return new Promise((resolve) => {
    const picture = new Image(SIZE, SIZE);
    picture.onload = () => resolve(picture);
    picture.onerror = () => resolve(null);
    picture.src = url;
  });
}
