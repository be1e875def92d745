// @ts-check
import { setServerNow } from "./clock.js";
import { Commands } from "./commands.js";
import { field, show, words, write } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { clock, fill } from "./format.js";
import { keepPages } from "./keep.js";
import { isUnproven } from "./lock-marks.js";

const LOOK_MS = 30000, PATIENCE_MS = 8000;

/** @param {Document|Element} root what the roster says, without the ids of its forms */
const said = (root) => root.querySelector("norket-roster")?.getAttribute("data-said") ?? "";

/**
 * Who is here, on any phone. The page goes along when the building is left: without the network it shows the last list with
 * its age, and what is tapped is kept and sent when the network is back.
 */
class NorketRoster extends HTMLElement {
  connectedCallback() {
    const { made = "", keptAt = "" } = this.dataset;
    setServerNow(new Date(Date.parse(made) + (keptAt ? Date.now() - Date.parse(keptAt) : 0)).toISOString());
    this.logs = new Map([...this.querySelectorAll("[data-session]")].map((item) => [item, this.log(/** @type {HTMLElement} */ (item))]));
    for (const form of this.querySelectorAll("form[data-seen]")) form.addEventListener("submit", (event) => { event.preventDefault(); this.seen(/** @type {HTMLFormElement} */ (form)); });
    for (const form of this.querySelectorAll("form[data-all]")) form.addEventListener("submit", (event) => { event.preventDefault(); this.all(/** @type {HTMLFormElement} */ (form)); });
    this.cut(Boolean(keptAt));
    keepPages(["/roster/"]);
    this.timer = setInterval(() => this.look(), LOOK_MS);
    addEventListener("online", () => this.look());
    addEventListener("offline", () => this.cut(true));
  }

  disconnectedCallback() { clearInterval(this.timer); }

  /** The log of one session; what waits in it is shown at its patient. @param {HTMLElement} item */
  log(item) {
    const { person = "", csrf = "" } = this.dataset;
    return new Commands(`/api/v1/sessions/${item.dataset.session}`, person, csrf, {
      pending: (kept) => this.waits(item, kept),
      late: (_, answer) => { if (answer.ok) this.look(); },
      open: (kept) => show(item.querySelector('[data-part="undecided"]'), kept.length > 0),
      unproven: isUnproven,
    });
  }

  /** @param {HTMLElement} item @param {import("./commands.js").Kept[]} kept */
  waits(item, kept) {
    const seen = kept.find(({ command }) => command.type === "account_for"), at = seen && clock(seen.command.at ?? seen.given, this.dataset.zone ?? "");
    show(item.querySelector('[data-part="queued"]'), Boolean(seen));
    if (seen) { write(item.querySelector('[data-field="queued"]'), fill(words.seen_queued, { at: at ?? "", place: seen.command.place ?? "" })); item.removeAttribute("data-tier"); }
    show(item.querySelector('[data-part="unproven"]'), kept.some(({ unproven }) => unproven));
    show(item.querySelector("form[data-seen]"), !seen && this.leaving());
    if (kept.some(({ command }) => command.type === "record_evacuation")) this.begun();
  }

  /** Whether the building is being left. */
  leaving() { return this.hasAttribute("data-leaving"); }

  /** The tap is in this device and not in the record yet. */
  begun() {
    this.toggleAttribute("data-leaving", true);
    show(this.querySelector('[data-part="begun"]'), true);
    for (const form of this.querySelectorAll("form[data-seen]")) show(form, true);
  }

  /** @param {HTMLFormElement} form */
  async seen(form) {
    const item = /** @type {HTMLElement} */ (form.closest("[data-session]"));
    const answer = await this.logs?.get(item)?.send({ type: "account_for", place: new FormData(form).get("place") ?? "" }, 0);
    if (answer?.ok) this.again(); else if (answer) this.refused(answer);
  }

  /** One tap for every chair: by the server where there is one, else chair by chair when it is back. @param {HTMLFormElement} form */
  async all(form) {
    const answer = isUnproven() ? undefined : await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
    if (answer?.ok && answer.url.endsWith("/roster/")) { this.again(); return; }
    if (answer && answer.status < 500) { location.assign(answer.url); return; }
    this.cut(true);
    if (form.dataset.all === "evacuate") for (const log of this.logs?.values() ?? []) log.send({ type: "record_evacuation" }, 0).then((done) => done.ok && this.look());
    else show(this.querySelector('[data-part="later"]'), true);
  }

  /** @param {any} answer */
  refused(answer) {
    show(this.querySelector('[data-part="refused"]'), true);
    write(field(this, "refused"), answer.why ?? words.not_recorded);
  }

  /** Whether a person is in the middle of something that a new page would take away. */
  busy() {
    const typed = [...this.querySelectorAll("input:not([type=hidden])")].some((input) => /** @type {HTMLInputElement} */ (input).value);
    return typed || [...(this.logs?.values() ?? [])].some((log) => log.kept.length > 0);
  }

  /** Asks for the list anew, and shows it where it says something else. */
  async look() {
    const answer = await fetch("/roster/", { credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
    if (!answer || answer.status >= 500) { this.cut(true); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html"), fresh = page.querySelector("norket-roster");
    if (!fresh) { if (!this.busy()) this.again(); return; }
    if (said(page) !== said(document) && !this.busy()) { this.again(); return; }
    this.dataset.made = fresh.getAttribute("data-made") ?? "";
    setServerNow(this.dataset.made);
    delete this.dataset.keptAt;
    for (const log of this.logs?.values() ?? []) log.drain(); // whoever has proven who they are decides from here on
    write(field(this, "made"), page.querySelector('[data-field="made"]')?.textContent);
    this.cut(false);
  }

  /** @param {boolean} off */
  cut(off) {
    show(this.querySelector('[data-part="not-connected"]'), off);
    setElapsed(field(this, "made_age"), { since: off ? this.dataset.made : null, look: "age" });
  }

  again() { location.replace("/roster/"); }
}
customElements.define("norket-roster", NorketRoster);
