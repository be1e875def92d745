// @ts-check
import { words } from "./dom.js";
import { age, figure, fill } from "./format.js";

/** One line for one event of the ledger, in the words of the page. @param {any} event @returns {string} */
export function describe(event) {
  const data = event.data ?? {};
  const template = words.events[event.type];
  if (!template) return event.type.replaceAll("_", " ");
  return fill(template, {
    ...Object.fromEntries(Object.entries(data).map(([name, value]) => [name, typeof value === "number" ? figure(value, 2) : named(value)])),
    vitals: vitals(data.vitals ?? {}),
    ...(data.person ? { person: words.people[data.person] ?? data.person } : {}),
  }).trim() + (data.unnamed ? words.name_follows : "") + lateness(event);
}

/** How much later than it happened it was written down, where a reader has to know. @param {any} event @returns {string} */
function lateness({ at, recorded_at: recorded }) {
  const late = (Date.parse(recorded) - Date.parse(at)) / 1000;
  return late > (words.kinds?.late_s ?? Infinity) ? fill(words.entered_late, { age: age(late) }) : "";
}

/** The events that still count: corrected ones taken back or replaced, in the order in which they happened.
 * @param {any[]} events @returns {any[]} */
export function standing(events) {
  const corrections = new Map(events.filter((event) => event.type === "corrected").map((event) => [event.data.corrects, event.data]));
  return events.filter((event) => event.type !== "corrected").flatMap((event) => {
    const correction = corrections.get(event.n);
    if (!correction) return [event];
    return correction.replacement ? [{ ...event, at: correction.replacement_at ?? event.at, data: { ...event.data, ...correction.replacement } }] : [];
  }).sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.n - b.n);
}

/** @param {unknown} value @returns {string} */
function named(value) { return typeof value === "string" ? words.values[value] ?? words.people[value] ?? value : ""; }

/** @param {any} read @returns {string} */
function vitals(read) {
  const parts = [];
  if (read.sbp_mmhg && read.dbp_mmhg) parts.push(`${figure(read.sbp_mmhg, 0)}/${figure(read.dbp_mmhg, 0)} mmHg`);
  if (read.hr_per_min) parts.push(`${words.hr} ${figure(read.hr_per_min, 0)}/min`);
  if (read.spo2_percent) parts.push(`SpO₂ ${figure(read.spo2_percent, 0)} %`);
  if (read.rr_per_min) parts.push(`${words.rr} ${figure(read.rr_per_min, 0)}/min`);
  return parts.join(", ");
}
