// @ts-check
import "./keypad.js";
import { readable, row, setText, show, sourceRows, write } from "./dom.js";
import { isOrder } from "./kinds.js";
import { readCommand } from "./forms.js";
import { prefill, readBack } from "./dosing.js";
import { tryOut } from "./what-if.js";

const HELD_UP_MS = 2000, MORE = "more-dialog";

/** The sheets of the live page: opened by a button or a key, each one makes one command. */
export class Dialogs {
  /** @param {HTMLElement} root @param {(command: any) => Promise<boolean>} send @param {() => import("./live.js").Store|undefined} store */
  constructor(root, send, store) {
    this.root = root;
    this.send = send;
    this.store = store;
    for (const button of root.querySelectorAll("[data-open]")) button.addEventListener("click", () => this.open(/** @type {HTMLElement} */ (button).dataset.open ?? ""));
    for (const button of root.querySelectorAll("[data-close]")) button.addEventListener("click", () => button.closest("dialog")?.close());
    for (const form of root.querySelectorAll("form[data-command]")) this.wire(/** @type {HTMLFormElement} */ (form));
  }

  /** @param {string} id */
  dialog(id) { return /** @type {HTMLDialogElement} */ (document.getElementById(id)); }

  /** @param {string} id */
  open(id) {
    const dialog = this.dialog(id);
    for (const form of dialog.querySelectorAll("form")) {
      reset(form);
      prefill(form, this.store());
      readBack(form, this.store());
    }
    if (dialog.id !== MORE) this.dialog(MORE).close();
    for (const menu of this.root.querySelectorAll("dialog[data-menu][open]")) if (menu !== dialog) /** @type {HTMLDialogElement} */ (menu).close();
    dialog.returnValue = "";
    if (!dialog.open) dialog.showModal();
    dialog.dispatchEvent(new CustomEvent("norket:opened"));
    const first = dialog.querySelector("input[data-kind='number'], textarea, .chip, .choices button, select");
    if (first instanceof HTMLElement) first.focus();
    if (first instanceof HTMLInputElement) first.select();
  }

  /** Opens a sheet about one named thing. @param {string} id @param {Record<string, string>} values @param {string} title */
  ask(id, values, title) {
    this.open(id);
    const dialog = this.dialog(id);
    for (const [name, value] of Object.entries(values)) /** @type {HTMLInputElement} */ (dialog.querySelector(`[name="${name}"]`)).value = value;
    write(dialog.querySelector("h2"), title);
  }

  /** @param {{code: string, why: string, findings: any[]}} refused */
  refuse({ code, why, findings }) {
    const dialog = this.dialog("refusal-dialog");
    const told = findings.length > 0 && findings.every((one) => one.state === "clear" || why.includes(one.why));
    setText(dialog, "refusal_why", told ? "" : readable(why));
    setText(dialog, "refusal_code", code);
    dialog.querySelector('[data-list="refusal"]')?.replaceChildren(...findings.filter((one) => one.state !== "clear").map(findingRow));
    if (!dialog.open) dialog.showModal();
  }

  /** @param {HTMLFormElement} form */
  wire(form) {
    const { api = "", csrf = "", zone = "" } = this.root.dataset;
    form.addEventListener("input", () => { readBack(form, this.store()); tryOut(form, { api, csrf, zone }, this.store()); });
    form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(form, /** @type {HTMLButtonElement|null} */ (event.submitter)); });
    for (const button of form.querySelectorAll("[data-set]")) button.addEventListener("click", () => choose(form, /** @type {HTMLButtonElement} */ (button)));
    for (const chip of form.querySelectorAll(".chip")) chip.addEventListener("click", () => this.chip(form, chip));
  }

  /** Two identifiers, never more; where nothing else is asked, the second one sends. @param {HTMLFormElement} form @param {Element} chip */
  chip(form, chip) {
    const pressed = [...form.querySelectorAll('.chip[aria-pressed="true"]')];
    const on = chip.getAttribute("aria-pressed") !== "true";
    if (on && pressed.length > 1) pressed[0].setAttribute("aria-pressed", "false");
    chip.setAttribute("aria-pressed", String(on));
    readBack(form, this.store());
    if (form.dataset.command === "check_in" && on && pressed.length === 1) this.submit(form, null);
  }

  /** @param {HTMLFormElement} form @param {HTMLButtonElement|null} submitter */
  async submit(form, submitter) {
    const { command, errors } = readCommand(form, submitter);
    showErrors(form, errors);
    if (errors.size) return;
    const button = /** @type {HTMLButtonElement|null} */ (form.querySelector("[data-submit]"));
    if (button) button.disabled = true;
    try {
      const answer = this.send(command);
      // a fact that the network holds up is kept and sent again by itself: hands are free for the next one
      const done = isOrder(command) ? await answer : await Promise.race([answer, new Promise((later) => setTimeout(() => later(true), HELD_UP_MS))]);
      if (done) form.closest("dialog")?.close("saved");
    } finally {
      if (button) button.disabled = false;
    }
  }
}

/** @param {any} finding */
function findingRow(finding) {
  const item = row("row-finding", { why: readable(finding.why), resolves: finding.resolves_by ?? "", rule: finding.rule, figure: finding.figure ?? "" });
  item.querySelector("[data-sources]")?.replaceChildren(...sourceRows(finding.sources ?? []));
  return item;
}

/** @param {HTMLFormElement} form */
function reset(form) {
  form.reset();
  showErrors(form, new Map());
  for (const chip of form.querySelectorAll(".chip")) chip.setAttribute("aria-pressed", "false");
  for (const hidden of form.querySelectorAll("input[type='hidden']")) {
    const input = /** @type {HTMLInputElement} */ (hidden);
    input.value = input.defaultValue;
    for (const button of form.querySelectorAll(`[data-set="${input.name}"]`)) button.setAttribute("aria-pressed", String(/** @type {HTMLButtonElement} */ (button).value === input.value));
  }
}

/** @param {HTMLFormElement} form @param {HTMLButtonElement} button */
function choose(form, button) {
  const name = button.dataset.set ?? "";
  /** @type {HTMLInputElement} */ (form.querySelector(`input[name="${name}"]`)).value = button.value;
  for (const one of form.querySelectorAll(`[data-set="${name}"]`)) one.setAttribute("aria-pressed", String(one === button));
}

/** @param {HTMLFormElement} form @param {Map<string, string>} errors by name of the field; "" is the form itself */
function showErrors(form, errors) {
  for (const input of form.querySelectorAll("input[data-kind]")) {
    const text = errors.get(/** @type {HTMLInputElement} */ (input).name);
    input.toggleAttribute("aria-invalid", false);
    if (text) input.setAttribute("aria-invalid", "true");
    const place = document.getElementById(`${input.id}-error`);
    write(place, text ?? "");
    show(place, Boolean(text));
  }
  const rest = form.querySelector('[data-part="form-error"]');
  write(rest, errors.get("") ?? "");
  show(rest, errors.has(""));
  const wrong = form.querySelector('[aria-invalid="true"]');
  if (wrong instanceof HTMLElement) wrong.focus();
}

