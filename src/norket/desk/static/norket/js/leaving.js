// @ts-check
import { setText, show, words } from "./dom.js";

/** The sheet for leaving early: a signature against advice is offered only with capacity that a clinician found. */
export class Leaving {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.form = /** @type {HTMLFormElement|null} */ (root.querySelector('form[data-command="leave_early"]'));
  }

  /** @param {any} view */
  update(view) {
    const capacity = view.capacity ?? "unknown";
    show(this.form?.querySelector('[data-part="against-advice"]') ?? null, capacity === "yes");
    setText(this.root, "leave_capacity", words[`capacity_${capacity}`] ?? "");
  }
}
