// @ts-check
import { field, setText, show, words, write } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { serverNow } from "./clock.js";
import { age, clock, figure, fill } from "./format.js";

/** The big numbers: what the pump does, what the patient's body shows, and how old each value is. */
export class Readout {
  /** @param {HTMLElement} root @param {string} zone */
  constructor(root, zone) {
    this.root = root;
    this.zone = zone;
    this.view = null;
    setInterval(() => this.view && this.tiles(this.view), 1000);
  }

  /** @param {import("./live.js").Store} store */
  update({ view }) {
    this.view = view;
    this.pump(view);
    this.tiles(view);
  }

  /** @param {any} view */
  pump(view) {
    const { order } = view;
    setText(this.root, "rate_ml_h", figure(view.running ? view.rate_ml_h : 0, 1));
    setText(this.root, "rate_mg_h", figure(view.running ? view.rate_mg_h : 0, 1));
    setText(this.root, "rate_mg_kg_h", figure(view.running ? view.rate_mg_kg_h : 0, 2));
    setText(this.root, "run_state", words.run_states[view.phase] ?? "");
    setText(this.root, "delivered", `${figure(view.delivered_mg, 1)} mg`);
    setText(this.root, "of_order", order ? fill(words.of_order, { mg: figure(order.amount_mg, 1), ml: figure(view.delivered_ml, 1) }) : "");
    setText(this.root, "order_text", order?.kind === "dose" ? "" : order ? fill(words.order_line, { text: order.text, mg: figure(order.amount_mg, 1), mg_kg: figure(order.mg_kg, 2), mg_kg_h: figure(order.rate_mg_kg_h, 2), mg_ml: figure(order.concentration_mg_ml, 2) }) : words.no_order);
    const bar = field(this.root, "progress");
    if (bar instanceof HTMLProgressElement) bar.value = order ? Math.min(1, view.delivered_mg / order.amount_mg) : 0;
    const ends = view.running ? view.planned_end_at : null;
    setText(this.root, "ends", ends ? fill(words.ends, { at: clock(ends, this.zone) }) : "");
    setElapsed(field(this.root, "remaining"), { until: ends });
  }

  /** @param {any} view */
  tiles(view) {
    const vitals = view.vitals ?? {};
    for (const tile of this.root.querySelectorAll("[data-vital]")) {
      const name = /** @type {HTMLElement} */ (tile).dataset.vital ?? "";
      const read = name === "pressure" ? vitals.sbp_mmhg : vitals[name];
      const value = name === "pressure" ? pressure(vitals) : read && figure(read.value, 0);
      write(tile.querySelector("[data-value]"), value ?? "–");
      const stale = !read || read.stale;
      tile.toggleAttribute("data-stale", stale);
      write(tile.querySelector("[data-age]"), read ? this.said(read) : words.never_measured);
      write(tile.querySelector("[data-source]"), read ? ` · ${words.people[read.source] ? words.sources.person : words.sources.device}` : "");
    }
    const read = vitals.etco2_mmhg, byHand = Boolean(read && words.people[read.source]), line = field(this.root, "etco2");
    const gas = byHand && read.stale ? null : read; // one look with a hand's device is no feed that stopped
    show(line, Boolean(gas));
    line?.toggleAttribute("data-stale", Boolean(gas?.stale));
    write(line, gas ? fill(words.etco2, { value: figure(gas.value, 0), age: this.said(gas) }) : "");
  }

  /** @param {any} read */
  said(read) {
    const old = age((serverNow() - Date.parse(read.at)) / 1000);
    return fill(read.stale ? words.old : words.ago, { age: old });
  }
}

/** @param {any} vitals @returns {string|undefined} */
function pressure({ sbp_mmhg: systolic, dbp_mmhg: diastolic }) {
  return systolic && `${figure(systolic.value, 0)}/${diastolic ? figure(diastolic.value, 0) : "–"}`;
}
