// @ts-check
import { serverNow, setServerNow } from "./clock.js";
import { Commands } from "./commands.js";
import { field, replaceRows, row, setText, show, words } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { clock, fill } from "./format.js";
import { isUrgent } from "./kinds.js";
import { isUnproven, LOCKED } from "./lock-marks.js";
import { told } from "./offline.js";
import { Stream } from "./stream.js";

const CURVE_MS = 60000, MINUTE_MS = 60000;

/** Company in a dim room: where the session stands in words, what the patient wished for, and three ways to speak up. */
class NorketQuiet extends HTMLElement {
  connectedCallback() {
    const { api = "", person = "", csrf = "", zone = "" } = this.dataset;
    this.api = api;
    this.zone = zone;
    this.commands = new Commands(api, person, csrf, {
      pending: (kept) => this.told(!kept.length ? "" : kept.some(({ unproven }) => unproven) ? words.quiet_unproven : words.quiet_waiting),
      late: (_, answer) => this.told(answer.ok ? words.recorded : answer.why ?? ""), open: (kept) => this.undecided(kept), unproven: isUnproven,
    });
    addEventListener("storage", ({ key }) => { if (key === LOCKED && !isUnproven()) this.commands?.release(); });
    this.stream = new Stream(`${api}/stream`, { view: (view) => this.see(view), events: () => undefined, samples: () => undefined }, (on) => this.connection(on));
    for (const form of this.querySelectorAll("form[data-quiet]")) form.addEventListener("submit", (event) => { event.preventDefault(); this.say(/** @type {HTMLFormElement} */ (form)); });
    this.querySelector("#help")?.addEventListener("click", () => this.send({ type: "raise_concern" }));
    this.timer = setInterval(() => this.curve(), CURVE_MS);
    this.beat = setInterval(() => this.peak(), 5000);
    this.curve();
    show(this.querySelector('[data-part="no-program"]'), false);
    this.querySelector("#help")?.removeAttribute("disabled");
  }

  disconnectedCallback() { this.stream?.close(); clearInterval(this.timer); clearInterval(this.beat); }

  /** @param {boolean} connected */
  connection(connected) {
    const band = this.querySelector('[data-part="not-connected"]');
    band?.removeAttribute("data-first");
    show(band, !connected);
  }

  /** @param {any} view */
  see(view) {
    setServerNow(view.now);
    this.view = view;
    this.dataset.phase = view.phase;
    setText(this, "phase", words.phases[view.phase] ?? view.phase);
    setElapsed(field(this, "since_start"), { since: view.segments?.[0]?.start ?? null, look: "age" });
    show(this.querySelector('[data-part="begun"]'), Boolean(view.segments?.length));
    const urgent = view.alerts.some((/** @type {any} */ one) => one.open && one.tier !== "T1");
    show(this.querySelector('[data-part="alert"]'), urgent);
    this.comfort(view.setting);
    this.peak();
  }

  /** @param {any} comfort what the patient wished for; absent where nobody asked */
  comfort(comfort) {
    const wished = Object.entries(comfort ?? {}).filter(([, value]) => value === true).map(([name]) => words.values[name] ?? name.replaceAll("_", " "));
    replaceRows(this.querySelector('[data-list="comfort"]'), wished, () => wished.map((text) => { const item = document.createElement("li"); item.textContent = text; return item; }));
    show(this.querySelector('[data-part="no-comfort"]'), !wished.length);
    setText(this, "intention", comfort?.intention || words.quiet_no_intention);
  }

  async curve() {
    const answer = await fetch(`${this.api}/prediction`, { credentials: "same-origin" }).catch(() => null); // no network: the band above says so
    if (!answer?.ok) return;
    const found = await answer.json(), line = found.ketamine_ng_ml?.p50 ?? [];
    const top = line.reduce((/** @type {number} */ best, /** @type {number} */ value, /** @type {number} */ i) => (value > line[best] ? i : best), 0);
    this.peakAt = line.length ? Date.parse(found.zero_at) + found.times_min[top] * MINUTE_MS : null;
    this.peak();
  }

  /** In words and whole minutes; no level is shown. */
  peak() {
    const begun = Boolean(this.view?.segments?.length), min = this.peakAt ? Math.round((serverNow() - this.peakAt) / MINUTE_MS) : null;
    setText(this, "peak", !begun || min === null || !this.peakAt ? "" : fill(min >= 0 ? words.quiet_since_peak : words.quiet_to_peak, { min: Math.abs(min), at: clock(this.peakAt, this.zone ?? "") }));
  }

  /** @param {HTMLFormElement} form */
  async say(form) {
    const text = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea")), said = text.value.trim();
    if (!said) { text.focus(); return; }
    const command = form.dataset.quiet === "note" ? { type: "note", text: said } : { type: "raise_concern", concern: "other", detail: fill(words.quiet_for_prescriber, { text: said }) };
    if (await this.send(command)) { form.reset(); form.closest("details")?.removeAttribute("open"); }
  }

  /** @param {any} command @returns {Promise<boolean>} */
  async send(command) {
    if ((this.hasAttribute("data-locked") || isUnproven()) && isUrgent(command)) command = { ...command, unnamed: true };
    const answer = await /** @type {Commands} */ (this.commands).send(command, this.view?.version ?? 0);
    this.told(answer.ok ? words.recorded : answer.why ?? fill(words.refusals.other, { status: answer.status }));
    return answer.ok;
  }

  /** What is not in the record and goes nowhere by itself. @param {import("./commands.js").Kept[]} open */
  undecided(open) {
    show(this.querySelector('[data-part="undecided"]'), open.length > 0);
    replaceRows(this.querySelector('[data-list="undecided"]'), open.map((one) => one.id), () => open.map(({ id, command, given, open: why }) => {
      const said = command.text ?? command.detail, what = `${clock(command.at ?? given, this.zone ?? "")} ${told(command)}`;
      const item = row("row-undecided", { what: said && !what.includes(said) ? `${what}: ${said}` : what, why: words.undecided_why[why?.refused ?? ""] ?? why?.why ?? "" });
      item.querySelector("[data-again]")?.addEventListener("click", async () => { const answer = await this.commands?.again(id, this.view?.version ?? 0); if (answer) this.told(answer.ok ? words.recorded : answer.why ?? ""); });
      item.querySelector("[data-drop]")?.addEventListener("click", () => this.commands?.drop(id));
      return item;
    }));
  }

  /** @param {string} text */
  told(text) { setText(this, "told", text); }
}
customElements.define("norket-quiet", NorketQuiet);
