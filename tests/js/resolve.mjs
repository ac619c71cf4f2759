// The import map of the browser, for Node: "desk/board.js" is static/js/desk/board.js. Preact and the like come from
// node_modules, where Node finds them by itself.

const SCRIPTS = new URL("../../static/js/", import.meta.url);

/**
 * @param {string} specifier
 * @param {unknown} context
 * @param {(specifier: string, context: unknown) => unknown} next
 */
export function resolve(specifier, context, next) {
  if (/^(lib|ui|desk)\//.test(specifier)) return next(new URL(specifier, SCRIPTS).href, context);
  return next(specifier, context);
}
