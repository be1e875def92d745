// @ts-check
import { setText, show, words, write } from "./dom.js";
import { doseFills, doseLine, fit, inHand } from "./doses.js";
import { clock, figure, fill, parseNumber } from "./format.js";
import { serverNow } from "./clock.js";

const HOUR_MIN = 60, MINUTE_MS = 60000;

/** Fills a sheet with what is already known, so that a number is entered once. @param {HTMLFormElement} form @param {import("./live.js").Store|undefined} store */
export function prefill(form, store) {
  const view = store?.view;
  if (!view) return;
  let filled = false;
  for (const input of form.querySelectorAll("input[data-fill]")) {
    const read = view.vitals?.[/** @type {HTMLInputElement} */ (input).dataset.fill ?? ""];
    if (!read || read.stale || words.people[read.source]) continue; // only what the monitor shows, and only fresh
    /** @type {HTMLInputElement} */ (input).value = figure(read.value, 0);
    filled = true;
  }
  show(form.querySelector('[data-part="prefilled"]'), filled);
  doses[form.dataset.command ?? ""]?.(form, view, store);
}

/** @type {Record<string, (form: HTMLFormElement, view: any, store: any) => void>} */
const doses = {
  prepare_dose(form, { order }) {
    if (!order) return;
    const root = form.ownerDocument;
    fit(form, order);
    setText(root, "prepare_order", orderLine(order));
    set(form, "drawn_mg", figure(order.amount_mg, 3));
    if (inHand(order) === "devices") set(form, "devices", String(order.devices));
    if (inHand(order) !== "drawn") return;
    set(form, "volume_ml", figure(order.volume_ml, 3));
    set(form, "concentration_mg_ml", figure(order.concentration_mg_ml, 3));
  },
  start_infusion(form, { order }, store) {
    if (!order) return;
    const prepared = [...store.events].reverse().find((event) => event.type === "dose_prepared")?.data;
    setText(form, "start_order", orderLine(order));
    set(form, "order_id", order.id ?? "");
    set(form, "product_id", prepared?.product_id ?? "");
    set(form, "rate_ml_h", figure(order.rate_ml_h, 3));
    set(form, "concentration_mg_ml", figure(prepared?.concentration_mg_ml ?? order.concentration_mg_ml, 3));
  },
  ...doseFills,
  change_rate(form, view) { set(form, "rate_ml_h", figure(view.rate_ml_h, 3)); },
  record_waste(form, view) { set(form, "amount_mg", figure(Math.max(0, view.mass?.unaccounted_mg ?? 0), 3)); },
};

/** @param {HTMLFormElement} form @param {string} name @param {string} value */
function set(form, name, value) {
  const input = form.querySelector(`[name="${name}"]`);
  if (input instanceof HTMLInputElement) input.value = value === "–" ? "" : value;
}

/** @param {any} order */
function orderLine(order) {
  if (order.kind === "dose") return doseLine(order);
  return fill(words.order_full, {
    text: order.text, mg: figure(order.amount_mg, 2), mg_kg: figure(order.mg_kg, 3), mg_h: figure(order.rate_mg_h, 2), mg_kg_h: figure(order.rate_mg_kg_h, 3),
    ml: figure(order.volume_ml, 2), ml_h: figure(order.rate_ml_h, 2), mg_ml: figure(order.concentration_mg_ml, 3), min: figure(order.duration_min, 1),
  });
}

/** What the numbers of the sheet mean in every other unit, and against the order. @param {HTMLFormElement} form @param {import("./live.js").Store|undefined} store */
export function readBack(form, store) {
  const place = form.querySelector("[data-read-back]"), view = store?.view;
  if (!place || !view?.order) return;
  const kind = /** @type {HTMLElement} */ (place).dataset.readBack ?? "";
  write(place, readBacks[kind]?.(form, view) ?? "");
}

/** @param {HTMLFormElement} form @param {string} name @returns {number|null} */
function number(form, name) { return parseNumber(/** @type {HTMLInputElement|null} */ (form.querySelector(`[name="${name}"]`))?.value ?? ""); }

/** @type {Record<string, (form: HTMLFormElement, view: any) => string>} */
const readBacks = {
  rate(form, { order, rate_ml_h: current, running }) {
    const rate = number(form, "rate_ml_h"), strength = number(form, "concentration_mg_ml") ?? order.concentration_mg_ml;
    if (rate === null) return words.type_a_rate;
    const mgH = rate * strength, weight = order.amount_mg / order.mg_kg;
    const percent = (mgH / order.rate_mg_h - 1) * 100;
    const against = Math.abs(percent) < 0.05 ? words.as_ordered : fill(percent > 0 ? words.more : words.less, { percent: figure(Math.abs(percent), 1) });
    const from = running && form.dataset.command === "change_rate" ? fill(words.from_rate, { ml_h: figure(current, 2) }) : "";
    return fill(words.rate_back, { from, ml_h: figure(rate, 3), mg_h: figure(mgH, 2), mg_kg_h: figure(mgH / weight, 3), against });
  },
  bolus(form, { order, boluses }) {
    const mg = number(form, "amount_mg"), last = (boluses ?? []).at(-1), wait = order.bolus_lockout_min;
    const until = last && wait ? new Date(Date.parse(last.at) + wait * MINUTE_MS).toISOString() : null;
    const lockout = until && Date.parse(until) > serverNow() ? fill(words.bolus_waits, { at: clock(until, form.closest("norket-live")?.dataset.zone ?? "UTC"), min: figure(wait, 1) }) : "";
    if (mg === null) return [words.type_an_amount, lockout].filter(Boolean).join("\n");
    const weight = order.amount_mg / order.mg_kg;
    const back = fill(words.bolus_back, { mg: figure(mg, 3), mg_kg: figure(mg / weight, 3), ml: figure(mg / order.concentration_mg_ml, 3), mg_ml: figure(order.concentration_mg_ml, 3) });
    return [back, lockout].filter(Boolean).join("\n");
  },
  prepare(form, { order }) {
    const mg = number(form, "drawn_mg"), ml = number(form, "volume_ml"), strength = number(form, "concentration_mg_ml");
    if (mg === null || ml === null || strength === null || ml === 0) return "";
    if (order.kind === "dose") return fill(words.preparation_dose, { mg: figure(mg, 3), ml: figure(ml, 3), mg_ml: figure(mg / ml, 3) });
    const minutes = (ml / (order.rate_mg_h / strength)) * HOUR_MIN;
    const agree = Math.abs(mg / ml - strength) < 0.01 * strength;
    return fill(agree ? words.prepare_back : words.prepare_wrong, { mg: figure(mg, 3), ml: figure(ml, 3), mg_ml: figure(mg / ml, 3), label: figure(strength, 3), min: figure(minutes, 1) });
  },
};
