// Draw again only when a prop changed: a push that touches one row must not draw the other thirty-nine.

import { Component, h } from "preact";

/**
 * @template {object} P
 * @param {(props: P) => any} View
 * @returns {(props: P) => any}
 */
export function memo(View) {
  class Memo extends Component {
    /** @param {any} next */
    shouldComponentUpdate(next) {
      const now = /** @type {any} */ (this.props);
      const names = new Set([...Object.keys(now), ...Object.keys(next)]);
      return [...names].some((name) => now[name] !== next[name]);
    }
    render() {
      return h(/** @type {any} */ (View), /** @type {any} */ (this.props));
    }
  }
  return /** @type {any} */ (Memo);
}
