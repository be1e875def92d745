// @ts-check
import { setText, show, words } from "./dom.js";
import { fill } from "./format.js";

/**
 * One part of the page that cannot be drawn takes nothing else with it: the others are drawn, alerts first, and the page
 * says which part is missing. Stop, pause and help hang on no part.
 */
export class Panels {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {Set<string>} */
    this.broken = new Set();
  }

  /** @param {string} name @param {() => void} draw */
  draw(name, draw) {
    try {
      draw();
      if (this.broken.delete(name)) this.say();
    } catch (error) {
      console.error(name, error);
      if (!this.broken.has(name)) { this.broken.add(name); this.say(); }
    }
  }

  say() {
    show(this.root.querySelector('[data-part="broken"]'), this.broken.size > 0);
    setText(this.root, "broken", fill(this.broken.has("Alerts") ? words.broken_alerts : words.broken, { what: [...this.broken].map((name) => words.panels[name] ?? name).join(", ") }));
  }
}
