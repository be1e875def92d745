// @ts-check
import { setText, show, words } from "./dom.js";

/** The sheet for leaving early: a signature against advice is offered only with capacity that a clinician found. */
export class Leaving {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.form = /** @type {HTMLFormElement|null} */ (root.querySelector('form[data-command="leave_early"]'));
    for (const button of this.form?.querySelectorAll('[data-set="capacity"]') ?? []) button.addEventListener("click", () => this.offer());
  }

  /** @param {any} view */
  update(view) {
    this.recorded = view.way_out?.capacity?.capacity ?? "unknown";
    this.offer();
  }

  offer() {
    const told = /** @type {HTMLInputElement|null} */ (this.form?.querySelector('[name="capacity"]') ?? null)?.value ?? "unknown";
    const capacity = told === "unknown" ? this.recorded ?? "unknown" : told;
    show(this.form?.querySelector('[data-part="against-advice"]') ?? null, capacity === "yes");
    setText(this.root, "leave_capacity", words[`capacity_${capacity}`] ?? "");
  }
}
