// @ts-check
import { serverNow } from "./clock.js";
import { age, duration } from "./format.js";

/**
 * A running time, always computed from two instants and never counted by ticks, so that sleep does no harm.
 * `since` counts up, `until` counts down and then says how late; `look="age"` writes 3 min instead of 3:07.
 */
class NorketElapsed extends HTMLElement {
  connectedCallback() { all.add(this); this.draw(); }
  disconnectedCallback() { all.delete(this); }
  draw() {
    const since = this.getAttribute("since"), until = this.getAttribute("until");
    if (!since && !until) { if (this.textContent) this.textContent = ""; return; }
    const seconds = (serverNow() - Date.parse(since || until || "")) / 1000;
    const write = this.getAttribute("look") === "age" ? age : duration;
    const sign = until && seconds > 0 ? "+" : "";
    const text = (this.getAttribute("before") ?? "") + sign + write(until ? Math.abs(seconds) : Math.max(0, seconds)) + (this.getAttribute("after") ?? "");
    if (text !== this.textContent) this.textContent = text;
  }
}
/** @type {Set<NorketElapsed>} */
const all = new Set();
customElements.define("norket-elapsed", NorketElapsed);
setInterval(() => all.forEach((one) => one.draw()), 250);

/** @param {Element|null} element @param {Record<string, string|null|undefined>} attributes */
export function setElapsed(element, attributes) {
  if (!element) return;
  for (const [name, value] of Object.entries(attributes)) {
    if (value) element.setAttribute(name, value); else element.removeAttribute(name);
  }
  if (element instanceof NorketElapsed) element.draw();
}
