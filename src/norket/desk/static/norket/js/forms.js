// @ts-check
import { serverNow } from "./clock.js";
import { words } from "./dom.js";
import { minutesAgo } from "./doses.js";
import { parseNumber } from "./format.js";
import { instantOf, instantOn } from "./time-of-day.js";

/**
 * Reads a form into one command. A field's name is the place in the command (`vitals.sbp_mmhg`), `data-kind` its type;
 * an empty field is left out: what was not measured is absent, never zero.
 * @param {HTMLFormElement} form @param {HTMLButtonElement|null} submitter
 * @returns {{command: any, errors: Map<string, string>}}
 */
export function readCommand(form, submitter) {
  /** @type {any} */
  const command = { type: form.dataset.command };
  /** @type {Map<string, string>} */
  const errors = new Map();
  for (const element of form.elements) {
    if (!(element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement) || !element.name) continue;
    readField(element, command, errors);
  }
  if (submitter?.name) put(command, submitter.name, submitter.dataset.kind === "int" ? Number(submitter.value) : submitter.value);
  if (form.querySelector("[data-identifiers]")) readIdentifiers(form, command, errors);
  if (form.querySelector('[name="as"]') && command.as !== "happened") delete command.at; // an order is for now
  complete(command, errors);
  return { command, errors };
}

/** @param {HTMLInputElement|HTMLSelectElement|HTMLTextAreaElement} element @param {any} command @param {Map<string, string>} errors */
function readField(element, command, errors) {
  const { kind, required } = element.dataset, value = element.value;
  if (element instanceof HTMLInputElement && element.type === "checkbox") {
    if (element.checked) put(command, element.name, kind === "bool" ? true : value);
    return;
  }
  if (value === "") { if (required !== undefined) errors.set("", words.form_incomplete); return; }
  if (kind === "bool") {
    put(command, element.name, value === "true");
  } else if (element instanceof HTMLSelectElement && kind === "int") {
    put(command, element.name, Number(value));
  } else if (kind === "number" || kind === "int") {
    const number = parseNumber(value);
    if (number === null || (kind === "int" && !Number.isInteger(number))) errors.set(element.name, words.not_a_number);
    else put(command, element.name, number);
  } else if (kind === "ago") {
    const minutes = parseNumber(value);
    if (minutes === null) errors.set(element.name, words.not_a_number);
    else put(command, element.name, minutesAgo(minutes));
  } else if (kind === "in_min") {
    put(command, element.name, new Date(serverNow() + Number(value) * 60000).toISOString());
  } else if (kind === "past-time" || kind === "next-time") {
    readTime(element, command, errors);
  } else if (kind === "day") {
    return; // read with the time that it belongs to
  } else if (kind === "stock") {
    const [product, lot] = value.split("|");
    command.product_id = product;
    command.lot = lot;
  } else put(command, element.name, value);
}

/** A time of day; `data-day` names the field with its date, and an empty one means the last such time. @param {HTMLInputElement|HTMLSelectElement|HTMLTextAreaElement} element @param {any} command @param {Map<string, string>} errors */
function readTime(element, command, errors) {
  const zone = /** @type {HTMLElement|null} */ (element.closest("norket-live"))?.dataset.zone ?? "UTC", { day = "", kind } = element.dataset;
  const on = /** @type {HTMLInputElement|null} */ (document.getElementById(day));
  const at = on?.value || on?.validity.badInput ? instantOn(element.value, on.value, zone) : instantOf(element.value, zone, kind === "past-time");
  if (at === null) errors.set("", words.not_a_time);
  else if (kind === "past-time" && Date.parse(at) > serverNow()) errors.set("", words.time_to_come);
  else put(command, element.name, at);
}

/** @param {HTMLFormElement} form @param {any} command @param {Map<string, string>} errors */
function readIdentifiers(form, command, errors) {
  const two = [...form.querySelectorAll('.chip[aria-pressed="true"]')].map((chip) => /** @type {HTMLButtonElement} */ (chip).value);
  if (two.length === 2) command.identifiers = two;
  else if (command.as !== "happened" || command.type === "start_infusion") errors.set("", words.two_identifiers);
}

/** What the server asks of each command anyway, said here before a round trip. @param {any} command @param {Map<string, string>} errors */
function complete(command, errors) {
  const needed = /** @type {Record<string, string[]>} */ ({
    change_rate: ["rate_ml_h"], give_bolus: ["amount_mg"], start_infusion: ["rate_ml_h", "concentration_mg_ml"], time_out: ["rate_ml_h", "volume_ml"],
    prepare_dose: ["product_id", "drawn_mg", "checker"], give_dose: ["product_id", "route", "amount_mg"], check_dose: ["product_id", "route", "allergies"],
    read_pump: ["read_ml"], record_level: ["analyte", "site", "at", "value", "lab"], record_hold: ["dose", "held_min"], record_waste: ["amount_mg"], note: ["text"], offer_handover: ["to"],
  })[command.type] ?? [];
  if (needed.some((name) => command[name] === undefined) && !errors.size) errors.set("", words.form_incomplete);
  if (command.type === "record_vitals" && !command.vitals && !errors.size) errors.set("", words.form_incomplete);
}

/** @param {any} command @param {string} name @param {unknown} value */
function put(command, name, value) {
  const path = name.split("."), last = /** @type {string} */ (path.pop());
  let place = command;
  for (const step of path) place = place[step] ??= {};
  place[last] = value;
}
