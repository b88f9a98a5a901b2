/** Build elements. Text only ever enters as a text node, so a message cannot bring markup along. */

/** Make a `tag` with `properties` (as in `{className: "name"}`) and `children` (nodes or text). */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A phrase for screen readers where the layout says it to the eye. */
export function spoken(text) {
  return element("span", { className: "visually-hidden" }, text);
}
