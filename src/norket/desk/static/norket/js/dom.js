// @ts-check
/** Small helpers to fill the page that the server rendered; every visible word stands in the templates. */

/** @param {ParentNode} root @param {string} name @returns {HTMLElement|null} */
export function field(root, name) { return root.querySelector(`[data-field="${name}"]`); }

/** @param {ParentNode} root @param {string} name @param {string|number|null|undefined} text */
export function setText(root, name, text) { write(field(root, name), text); }

/** @param {Element|null} element @param {string|number|null|undefined} text */
export function write(element, text) {
  const wanted = text === null || text === undefined ? "" : String(text);
  if (element && element.textContent !== wanted) element.textContent = wanted;
}

/** @param {Element|null} element @param {boolean} visible */
export function show(element, visible) { if (element instanceof HTMLElement || element instanceof SVGElement) element.toggleAttribute("hidden", !visible); }

/** A row of the template `id`, filled by `[data-…]` slot. @param {string} id @param {Record<string, string>} slots @returns {HTMLElement} */
export function row(id, slots) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  const made = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  for (const [name, text] of Object.entries(slots)) write(made.querySelector(`[data-${name}]`), text);
  return made;
}

/** Replaces the children of a list only if what they were made from changed, so that a finger never misses a button;
 * keys that stand on a control stand on the same one of the same row afterwards, or nowhere.
 * @param {Element|null} list @param {unknown} from @param {() => Element[]} make */
export function replaceRows(list, from, make) {
  if (!list) return;
  const mark = JSON.stringify(from);
  if (drawn.get(list) === mark) return;
  drawn.set(list, mark);
  const held = document.activeElement instanceof HTMLElement && list.contains(document.activeElement) ? named(list, document.activeElement) : "";
  list.replaceChildren(...make());
  const same = held ? [...list.querySelectorAll("button, a[href], summary")].filter((one) => named(list, one) === held) : [];
  if (same.length === 1 && same[0] instanceof HTMLElement) same[0].focus({ preventScroll: true });
}
/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap();

/** What a control says, and its row with it: another row may offer the same "Yes" for another question. A row that names
 * its rule stays the same row when its words change. @param {Element} list @param {Element} control */
function named(list, control) {
  const row = [...list.children].find((child) => child.contains(control));
  const which = (row instanceof HTMLElement && row.dataset.rule) || row?.textContent;
  return JSON.stringify([which, control.getAttribute("aria-label"), control.textContent]);
}

/** The words of the page that scripts put together, translated by the server. @type {Record<string, any>} */
export const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

/** Names of fields inside a sentence, in the words of the page. @param {string} text */
export function readable(text) { return text.replace(/\b[a-z]+2?_(mmhg|per_min|percent)\b|\bmoaas\b/g, (name) => words.fields[name] ?? name); }

/** @param {string[]} sources @returns {Element[]} */
export function sourceRows(sources) {
  return sources.map((source) => { const item = document.createElement("li"); item.textContent = source; return item; });
}
