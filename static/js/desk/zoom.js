// A picture that is looked at closely: how large, turned how far, pushed where. Pure; the middle of the stage is 0, 0.

/** @typedef {{scale: number, x: number, y: number, turns: number}} View  `turns`: quarters, to the right */

export const LARGEST = 8;
const STEP = 1.5;

/** @type {View} */
export const WHOLE = { scale: 1, x: 0, y: 0, turns: 0 };

/**
 * Larger or smaller around a point, which stays where it is.
 * @param {View} view @param {number} factor @param {{x: number, y: number}} [point]  from the middle of the stage
 * @returns {View}
 */
export function zoom(view, factor, point = { x: 0, y: 0 }) {
  const scale = Math.min(LARGEST, Math.max(1, view.scale * factor));
  if (scale === 1) return { ...view, scale, x: 0, y: 0 };
  const by = scale / view.scale;
  return { ...view, scale, x: point.x - (point.x - view.x) * by, y: point.y - (point.y - view.y) * by };
}

/** @param {View} view */
export const larger = (view) => zoom(view, STEP);
/** @param {View} view */
export const smaller = (view) => zoom(view, 1 / STEP);
/** @param {View} view @returns {View} */
export const turn = (view) => ({ ...view, turns: (view.turns + 1) % 4, x: 0, y: 0 });

/**
 * Pushed, and no further than the picture reaches: half of what stands out on each side.
 * @param {View} view @param {number} dx @param {number} dy @param {{width: number, height: number}} stage
 * @returns {View}
 */
export function push(view, dx, dy, stage) {
  const most = (/** @type {number} */ size) => Math.max(0, ((view.scale - 1) * size) / 2);
  return { ...view, x: within(view.x + dx, most(stage.width)), y: within(view.y + dy, most(stage.height)) };
}

/** @param {number} value @param {number} most */
function within(value, most) {
  return Math.min(most, Math.max(-most, value)) || 0;
}

/** @param {View} view */
export function transformOf({ scale, x, y, turns }) {
  return `translate(${x}px, ${y}px) scale(${scale}) rotate(${turns * 90}deg)`;
}
