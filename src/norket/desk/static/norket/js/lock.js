// @ts-check
import { newest } from "./csrf.js";
import { setText, show, words, write } from "./dom.js";
import { clock, fill } from "./format.js";
import { describe } from "./ledger.js";
import { ACTIVE, idleSince, isAnothers, LOCKED, PERSON, proven, UNPROVEN } from "./lock-marks.js";
import { vault } from "./vault.js";

const LOOK_MS = 1000, FREE = "#stop, #pause, #help, [data-unlock], #unlock-dialog *, button.theme";

/**
 * Nobody has touched this browser for a while: the page goes on showing and sounding, takes stop, pause and help in one
 * tap, and asks for a password before anything else. All pages of one browser lock together. Where nobody can check a
 * password somebody may go on without: what they enter is shown to whoever proves themselves later, before it is sent.
 */
export class Lock {
  /** @param {HTMLElement} root @param {import("./commands.js").Commands} commands */
  constructor(root, commands) {
    this.root = root;
    this.commands = commands;
    this.idleMs = (words.kinds?.lock_idle_s ?? 300) * 1000;
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("unlock-dialog"));
    for (const kind of ["pointerdown", "keydown", "input"]) document.addEventListener(kind, () => this.touched(), { capture: true, passive: true });
    for (const kind of ["click", "submit", "keydown"]) document.addEventListener(kind, (event) => this.guard(event), { capture: true });
    addEventListener("storage", ({ key, newValue }) => { if (key === LOCKED || (key === PERSON && newValue)) this.follow(); });
    root.querySelector("[data-unlock]")?.addEventListener("click", () => this.ask());
    document.getElementById("unlock-form")?.addEventListener("submit", (event) => { event.preventDefault(); this.unlock(/** @type {HTMLFormElement} */ (event.target)); });
    document.getElementById("unlock-anyway")?.addEventListener("click", () => this.goOn());
    this.touched();
    setInterval(() => this.look(), LOOK_MS);
    if (localStorage.getItem(LOCKED)) this.lock();
  }

  get locked() { return this.root.hasAttribute("data-locked"); }

  /** Somebody went on without a password, and nobody has proven who they are since. */
  get unproven() { return Boolean(localStorage.getItem(UNPROVEN)); }

  touched() { if (!this.locked) localStorage.setItem(ACTIVE, String(Date.now())); }

  look() {
    const cut = this.root.classList.contains("is-cut-off"); // nobody could open it again: it stays open until the server is back
    if (!this.locked && !cut && (this.unproven || idleSince() > this.idleMs)) this.lock();
    if (this.locked && !this.told && !cut) this.tell();
  }

  lock() {
    localStorage.setItem(LOCKED, "yes");
    vault.setLocked(true).catch(() => undefined); // a browser that keeps nothing has no kept page to hide
    this.root.toggleAttribute("data-locked", true);
    for (const open of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (open).close("locked");
    show(this.root.querySelector('[data-part="locked"]'), true);
    this.tell();
  }

  /** The server holds the lock too, so that no other page of this browser is open. */
  async tell() {
    const { session, csrf = "" } = this.root.dataset;
    this.told = true;
    const answer = await fetch(`/sessions/${session}/lock/`, { method: "POST", redirect: "manual", headers: { "x-csrftoken": newest(csrf) } }).catch(() => undefined);
    this.told = Boolean(answer && answer.status < 500);
  }

  /** Another window was locked or opened; by somebody else: the page is made anew for them. */
  follow() {
    if (isAnothers(this.root.dataset.person)) { location.reload(); return; } // first: to lock here would lock the colleague out
    if (localStorage.getItem(LOCKED)) { this.lock(); return; }
    this.opened();
    if (!this.unproven) this.commands.release();
  }

  /** @param {Event} event */
  guard(event) {
    const { target } = event;
    if (!this.locked || !(target instanceof Element) || target.closest(FREE)) return;
    if (event instanceof KeyboardEvent && ["Tab", "Shift", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.ask();
  }

  ask() {
    if (this.dialog.open) return;
    show(document.getElementById("unlock-cut-off"), this.root.classList.contains("is-cut-off"));
    show(document.getElementById("unlock-error"), false);
    this.dialog.showModal();
    document.getElementById("unlock-password")?.focus();
  }

  /** @param {HTMLFormElement} form */
  async unlock(form) {
    const csrf = newest(this.root.dataset.csrf ?? ""), said = document.getElementById("unlock-error");
    const answer = await fetch(form.action, { method: "POST", headers: { "x-csrftoken": csrf }, body: new FormData(form) }).catch(() => undefined);
    const json = (answer?.headers.get("content-type") ?? "").includes("json") ? await answer?.json() : {};
    form.reset();
    if (answer?.ok) { await this.proven(json); return; }
    write(said, json.why ?? words.wrong_password);
    show(said, true);
  }

  /** @param {{csrf: string, person: string}} who */
  async proven({ csrf, person }) {
    localStorage.removeItem(UNPROVEN);
    await vault.setLocked(false).catch(() => undefined);
    if (person !== this.root.dataset.person) { await this.handOver(person); return; }
    this.root.dataset.csrf = this.commands.csrf = csrf;
    for (const field of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) /** @type {HTMLInputElement} */ (field).value = csrf;
    this.opened();
    this.commands.release();
  }

  /** A colleague has this screen now: the page is made anew for them; what waits stays with whoever did it. @param {string} person */
  async handOver(person) {
    await proven(person);
    localStorage.setItem(ACTIVE, String(Date.now()));
    localStorage.removeItem(LOCKED);
    location.reload();
  }

  goOn() {
    localStorage.setItem(UNPROVEN, "yes");
    this.opened();
  }

  opened() {
    localStorage.removeItem(LOCKED);
    this.root.toggleAttribute("data-locked", false);
    this.told = false;
    this.touched();
    this.dialog.close();
    show(this.root.querySelector('[data-part="locked"]'), false);
  }
}

/** Whose hand it was: asked for until somebody says so. */
export class Names {
  /** @param {HTMLElement} root @param {string} zone */
  constructor(root, zone) { this.root = root; this.zone = zone; }

  /** @param {import("./live.js").Store} store */
  update({ view, events }) {
    const [first] = view.unnamed ?? [], event = first && events.find((one) => one.n === first.n);
    show(this.root.querySelector('[data-part="unnamed"]'), Boolean(first));
    if (!first) return;
    const text = fill(words.unnamed, { at: clock(first.at, this.zone), what: event ? describe({ ...event, data: { ...event.data, unnamed: false } }) : "" });
    setText(this.root, "unnamed", text);
    setText(this.root, "unnamed_what", text);
    const act = /** @type {HTMLInputElement|null} */ (this.root.querySelector('#name-dialog [name="act"]'));
    if (act) { act.defaultValue = String(first.n); act.value = String(first.n); }
  }
}
