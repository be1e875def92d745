// @ts-check
import { serverNow } from "./clock.js";
import { field, replaceRows, row, setText, show, words, write } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { clock, figure, fill } from "./format.js";

const DRAWN = new Set(["im", "sc"]), HOLDS = new Set(["BLOCK-HARD", "BLOCK", "HOLD"]), BEFORE = new Set(["planned", "checked_in"]);

/** How a dose is counted in the hand. @param {any} order @returns {"drawn"|"devices"|"plain"} */
export function inHand(order) { return !order || order.kind === "infusion" || DRAWN.has(order.route) ? "drawn" : order.devices ? "devices" : "plain"; }

/** The order of a dose in one line. @param {any} order */
export function doseLine(order) {
  const slots = { text: order.text, mg: figure(order.amount_mg, 2), mg_kg: figure(order.mg_kg, 3), n: order.devices ?? "", ml: figure(order.volume_ml, 2), mg_ml: figure(order.concentration_mg_ml, 2) };
  return fill(order.devices ? words.dose_order_devices : order.volume_ml ? words.dose_order_ml : words.dose_order, slots);
}

/** Shows of a sheet what this way of giving needs, and empties the rest. @param {HTMLFormElement} form @param {any} order */
export function fit(form, order) {
  for (const part of form.querySelectorAll("[data-in-hand]")) {
    const fits = /** @type {HTMLElement} */ (part).dataset.inHand === inHand(order);
    show(part, fits);
    for (const input of part.querySelectorAll("input, select")) if (!fits && "value" in input) input.value = "";
  }
}

/** Doses without a pump, the cannula, the pump against the ledger, and verbal orders. */
export class Doses {
  /** @param {HTMLElement} root @param {string} zone @param {(command: any) => Promise<boolean>} send @param {import("./dialogs.js").Dialogs} dialogs */
  constructor(root, zone, send, dialogs) {
    this.root = root;
    this.zone = zone;
    this.send = send;
    this.dialogs = dialogs;
    this.give = /** @type {HTMLButtonElement} */ (root.querySelector("#give"));
    this.give.addEventListener("click", (event) => this.guard(event), { capture: true });
  }

  /** @param {import("./live.js").Store} store */
  update({ view }) {
    this.root.dataset.order = view.order?.kind ?? "";
    const { dosing } = view;
    setText(this.root, "ketamine_name", view.order?.drug === "esketamine" ? words.esketamine : words.analytes.ketamine);
    if (!dosing) return;
    this.holding = BEFORE.has(view.phase) ? (view.missing ?? []).filter((/** @type {any} */ finding) => HOLDS.has(finding.action)) : [];
    this.give.setAttribute("aria-disabled", String(this.holding.length > 0));
    const left = dosing.left_mg === null || dosing.left_mg > 0;
    show(this.give, left);
    write(this.give, this.title(view));
    this.card(view, dosing);
    this.pump(dosing);
    this.site(view, dosing);
    this.verbal(dosing);
    this.choices(dosing);
  }

  /** @param {any} view */
  title({ dosing, order }) { return dosing.next_device_n ? fill(words.give_device, { n: dosing.next_device_n, of: order?.devices ?? "" }) : words.give_dose; }

  /** @param {Event} event */
  guard(event) {
    if (!this.holding?.length) return;
    event.stopImmediatePropagation();
    this.dialogs.refuse({ code: "preflight_incomplete", why: words.start_holds, findings: this.holding });
  }

  /** @param {any} view @param {any} dosing */
  card({ order }, dosing) {
    setText(this.root, "dose_order_text", order?.kind === "dose" ? doseLine(order) : "");
    setText(this.root, "dose_given", order?.kind === "dose" ? fill(words.dose_given_of, { mg: figure(dosing.given_mg, 1), of: figure(order.amount_mg, 1) }) : "");
    setElapsed(field(this.root, "next_device"), { until: dosing.next_device_at });
    replaceRows(this.root.querySelector('[data-list="doses"]'), dosing.doses, () => dosing.doses.map((/** @type {any} */ dose) => row("row-dose", { what: this.said(dose), state: this.state(dose) })));
    const bar = field(this.root, "dose_progress");
    if (bar instanceof HTMLProgressElement) bar.value = order ? Math.min(1, dosing.given_mg / order.amount_mg) : 0;
  }

  /** @param {any} dose */
  said(dose) {
    const slots = { at: clock(dose.at, this.zone), mg: figure(dose.amount_mg, 2), route: words.values[dose.route] ?? dose.route, n: dose.device_n ?? "", of: dose.device_of ?? "" };
    return fill(dose.device_n ? words.device_at : words.dose_at, slots) + (dose.site ? `, ${dose.site}` : "");
  }

  /** @param {any} dose */
  state(dose) {
    const held = dose.held_min === null ? [] : [fill(words.dose_held, { min: figure(dose.held_min, 1), then: words.values[dose.then] ?? dose.then })];
    const lost = dose.lost ? [fill(words.dose_lost, { how: words.values[dose.lost] ?? dose.lost })] : [];
    return [...held, ...lost].join(" · ");
  }

  /** @param {any} dosing */
  pump({ pump, uncertain }) {
    const text = pump ? fill(pump.agrees ? words.pump_agrees : words.pump_differs, { read: figure(pump.read_ml, 2), computed: figure(pump.computed_ml, 2), difference: figure(pump.difference_ml, 2), at: clock(pump.at, this.zone) }) : "";
    const rest = pump?.set_to_ml ?? null, set = rest === null ? "" : rest > 0 ? fill(words.pump_set_to, { volume: figure(rest, 1) }) : words.pump_set_to_none;
    const unsure = (uncertain ?? []).map((/** @type {any} */ one) => fill(words.uncertain, { from: clock(one.start, this.zone), to: one.end ? clock(one.end, this.zone) : words.now }));
    setText(this.root, "pump_state", [set, text].filter(Boolean).join(" · ") || words.pump_never_read);
    setText(this.root, "pump_balance", [set, text, ...unsure].filter(Boolean).join(" · "));
    show(field(this.root, "pump_balance"), Boolean(text || unsure.length));
    field(this.root, "pump_balance")?.toggleAttribute("data-wrong", Boolean((pump && !pump.agrees) || unsure.length));
  }

  /** @param {any} view @param {any} dosing */
  site(view, { site_failed_at: failed, site_checked_at: checked }) {
    setText(this.root, "site_state", failed ? fill(words.site_failed, { at: clock(failed, this.zone) }) : checked ? fill(words.site_good, { at: clock(checked, this.zone) }) : words.site_unseen);
  }

  /** @param {any} dosing */
  verbal({ verbal_orders: orders }) {
    replaceRows(this.root.querySelector('[data-list="verbal"]'), orders, () => orders.map((/** @type {any} */ order) => {
      const who = words.people[order.prescriber] ?? order.prescriber;
      const item = row("row-verbal", { what: `${clock(order.at, this.zone)} · ${order.text}`, state: order.signed_at ? fill(words.verbal_signed, { at: clock(order.signed_at, this.zone) }) : fill(words.verbal_due, { who }) });
      const sign = /** @type {HTMLButtonElement} */ (item.querySelector("[data-countersign]"));
      show(sign, !order.signed_at && order.prescriber === this.root.dataset.person);
      sign.addEventListener("click", () => this.send({ type: "countersign", order: order.n }));
      return item;
    }));
  }

  /** The doses that a sheet can speak of, the latest first. @param {any} dosing */
  choices({ doses }) {
    for (const list of this.root.querySelectorAll('[data-list="given-doses"]')) {
      replaceRows(list, doses, () => [...doses].reverse().map((dose) => new Option(this.said(dose), String(dose.n))));
    }
  }
}

/** What is known already, so that it is entered once. @type {Record<string, (form: HTMLFormElement, view: any, store: any) => void>} */
export const doseFills = {
  check_dose(form, { order }) { fit(form, order); },
  give_dose(form, view, store) {
    const { order, dosing } = view, root = form.ownerDocument;
    if (!order || order.kind !== "dose") return;
    const prepared = [...store.standing].reverse().find((/** @type {any} */ event) => event.type === "dose_prepared")?.data;
    fit(form, order);
    setText(root, "give_title", dosing.next_device_n ? fill(words.give_device, { n: dosing.next_device_n, of: order.devices }) : words.give_dose);
    setText(root, "give_order", doseLine(order));
    const each = order.devices ? order.amount_mg / order.devices : order.amount_mg, strength = prepared?.concentration_mg_ml ?? order.concentration_mg_ml;
    const values = { order_id: order.id, route: order.route, product_id: prepared?.product_id ?? "", device_n: dosing.next_device_n ?? "", device_of: order.devices ?? "", amount_mg: figure(each, 3), volume_ml: inHand(order) === "drawn" && strength ? figure(each / strength, 3) : "" };
    for (const [name, value] of Object.entries(values)) set(form, name, String(value));
  },
};

/** @param {HTMLFormElement} form @param {string} name @param {string} value */
function set(form, name, value) {
  const input = form.querySelector(`[name="${name}"]`);
  if (input instanceof HTMLInputElement) input.value = value;
}

/** So many minutes before now, for what is entered late. @param {number} minutes @returns {string} */
export function minutesAgo(minutes) { return new Date(serverNow() - minutes * 60000).toISOString(); }
