// @ts-check
import { field, setText, show, words } from "./dom.js";
import { figure, fill } from "./format.js";

/** Who has the patient: the nurse's name, an offer that waits, and what the next nurse is told. */
export class Handover {
  /** @param {HTMLElement} root */
  constructor(root) { this.root = root; }

  /** @param {import("./live.js").Store} store */
  update({ view }) {
    const { handover, nurse } = view, me = this.root.dataset.person;
    setText(this.root, "nurse", nurse ? nurse.name : words.no_nurse);
    show(this.root.querySelector('[data-part="handover"]'), Boolean(handover));
    show(this.root.querySelector("#accept-handover"), handover?.to === me);
    if (handover) {
      const said = { by: words.people[handover.by] ?? handover.by, to: words.people[handover.to] ?? handover.to };
      setText(this.root, "handover", [fill(handover.known === false ? words.handover_unknown : words.handover, said), handover.note].filter(Boolean).join(" "));
    }
    if (field(this.root, "handover_sum")?.closest("dialog")?.open) return; // it stays as it was read
    setText(this.root, "handover_sum", this.sum(view));
  }

  /** Drug, pressure and what is open, in one line each nurse reads aloud. @param {any} view */
  sum(view) {
    const { order, delivered_mg: given, vitals, alerts, next } = view;
    const open = alerts.filter((/** @type {any} */ one) => one.open).length;
    const pressure = vitals.sbp_mmhg && vitals.dbp_mmhg ? `${figure(vitals.sbp_mmhg.value, 0)}/${figure(vitals.dbp_mmhg.value, 0)} mmHg` : words.never_measured;
    return fill(words.handover_sum, {
      phase: words.phases[view.phase] ?? view.phase, order: order?.text ?? words.no_order, mg: figure(given, 1), pressure, open, next: next[0]?.label ?? words.nothing_due,
    });
  }
}
