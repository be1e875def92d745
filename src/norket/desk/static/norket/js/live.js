// @ts-check
import { serverNow, setServerNow } from "./clock.js";
import { Alerts } from "./alerts.js";
import { Commands } from "./commands.js";
import { Doses } from "./doses.js";
import { Dialogs } from "./dialogs.js";
import { setText, show, words } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { fill } from "./format.js";
import { standing } from "./ledger.js";
import { Lock, Names } from "./lock.js";
import { UNPROVEN } from "./lock-marks.js";
import { isUrgent } from "./kinds.js";
import { Panels } from "./panels.js";
import { loadParts } from "./parts.js";
import { asMarks, keepPage, Waiting } from "./offline.js";
import { Readout } from "./readout.js";
import { cutOff } from "./sound.js";
import { Stream } from "./stream.js";
import { Strip } from "./strip.js";
import { Toasts } from "./toasts.js";

const PREDICTION_MS = 60000, SETTLE_MS = 300;
/** Phases in which somebody has to be told that nobody watches here. */
const WATCHED = new Set(["checked_in", "running", "paused", "observing", "stopped", "recovery"]);
/** What the page calls a part that came later. @type {WeakMap<any, string>} */
const names = new WeakMap();

/**
 * What the page knows of one session. `view` is the server's folded answer, never computed here.
 * `events` is the ledger, `standing` what of it still counts after corrections,
 * `queued` what was done here and is not in the record yet. `kept`: all of it is from before, not from the server.
 * @typedef {{view: any, events: any[], standing: any[], queued: {id: string, at: string, text: string}[], kept?: boolean, samples: Record<string, {at: number, value: number}[]>, prediction: any, trial?: any}} Store
 */

/** One session, live: holds the one stream of the page and hands what it says to the parts. */
class NorketLive extends HTMLElement {
  connectedCallback() {
    const { api = "", person = "", csrf = "", zone = "" } = this.dataset;
    this.api = api;
    /** @type {Store} */
    this.store = { view: null, events: [], standing: [], queued: [], samples: {}, prediction: null };
    this.commands = new Commands(api, person, csrf, {
      pending: (kept) => this.pending(kept), late: (command, answer) => this.answered(command, answer), open: (kept) => this.waiting?.undecided(kept), unproven: () => Boolean(localStorage.getItem(UNPROVEN)),
    });
    this.panels = new Panels(this);
    this.toasts = new Toasts(this, (command) => this.send(command));
    this.dialogs = new Dialogs(this, (command) => this.send(command), () => this.store);
    this.waiting = new Waiting(this, this.commands, () => this.store?.view?.version ?? 0, (id) => this.dialogs?.open(id), (command, answer) => this.answered(command, answer));
    keepPage(this);
    this.lock = new Lock(this, this.commands);
    const act = (/** @type {any} */ command) => this.send(command);
    /** @type {any[]} */
    this.parts = [];
    for (const Part of [Readout, Strip, Names]) this.add(Part, zone);
    this.add(Alerts, zone, act);
    this.add(Doses, zone, act, this.dialogs);
    this.loadParts(zone, act);
    for (const button of this.querySelectorAll("[data-tap]")) button.addEventListener("click", () => { button.closest("dialog")?.close(); act({ type: /** @type {HTMLElement} */ (button).dataset.tap }); });
    this.stream = new Stream(`${api}/stream`, {
      view: (data) => this.seeView(data), events: (data) => this.seeEvents(data), samples: (data) => this.seeSamples(data),
    }, (connected, heard) => this.connection(connected, heard));
    this.refresh = setInterval(() => this.predict(), PREDICTION_MS);
    this.working();
  }

  /** From here on a tap does something: the page was sent with its buttons off and says so until now. */
  working() {
    show(this.querySelector('[data-part="no-program"]'), false);
    for (const group of this.querySelectorAll("fieldset.buttons")) /** @type {HTMLFieldSetElement} */ (group).disabled = false;
  }

  /** What comes later than the page itself. @param {string} zone @param {(command: any) => Promise<boolean>} act */
  async loadParts(zone, act) {
    const dialogs = /** @type {Dialogs} */ (this.dialogs), watched = () => WATCHED.has(this.dataset.phase ?? "");
    await loadParts({ root: this, zone, act, dialogs, watched, see: (kept) => this.seeKept(kept) }, (name, part) => {
      if (part?.update) { this.parts?.push(part); names.set(part, name); }
      this.draw();
    }, (name, error) => this.panels?.draw(name, () => { throw error; }));
    this.dataset.whole = "";
  }

  /** A part that cannot be made is named as missing; the others are made. @param {any} Part @param {...any} given */
  add(Part, ...given) { this.panels?.draw(Part.name, () => { this.parts?.push(new Part(this, ...given)); }); }

  disconnectedCallback() { this.stream?.close(); clearInterval(this.refresh); }

  /** @param {any} view */
  seeView(view) {
    const before = this.store?.view;
    if (before && before.version > view.version) return;
    setServerNow(view.now);
    /** @type {Store} */ (this.store).view = view;
    delete this.store?.kept;
    this.dataset.phase = view.phase;
    if (!before || before.version !== view.version) this.predictSoon();
    this.draw();
  }

  /** @param {any[]} events */
  seeEvents(events) {
    const known = new Set(this.store?.events.map((event) => event.n));
    const fresh = events.filter((event) => !known.has(event.n));
    if (!fresh.length || !this.store) return;
    this.commands?.seen(fresh);
    this.store.events = [...this.store.events, ...fresh].sort((a, b) => a.n - b.n);
    this.store.standing = standing(this.store.events);
    this.draw();
  }

  /** @param {{channel: string, value: number, unit: string, at: string, artefact?: boolean}[]} samples */
  seeSamples(samples) {
    const kept = /** @type {Store} */ (this.store).samples;
    for (const sample of samples) {
      this.freshen(sample);
      const { channel, value, at } = sample;
      const line = (kept[channel] ??= []);
      const instant = Date.parse(at);
      if (!line.length || line[line.length - 1].at < instant) line.push({ at: instant, value });
      else if (!line.some((one) => one.at === instant)) { line.push({ at: instant, value }); line.sort((a, b) => a.at - b.at); }
    }
    this.draw();
  }

  /** What was seen last, from before; everything in it is old. @param {any} kept */
  seeKept({ store }) {
    this.store = { ...store, queued: this.store?.queued ?? [], standing: standing(store.events), kept: true };
    this.dataset.phase = store.view.phase;
    this.stream?.missing();
    this.draw();
  }

  /** A number is shown when its sample comes; it does not wait for the next view. @param {{channel: string, value: number, unit: string, at: string, artefact?: boolean}} sample */
  freshen({ channel, value, unit, at, artefact }) {
    const vitals = this.store?.view?.vitals, known = vitals?.[channel];
    if (vitals && !artefact && (!known || Date.parse(known.at) < Date.parse(at))) vitals[channel] = { value, unit, at, source: "monitor", age_s: 0, stale: false };
  }

  /** Draws at most once for each frame. */
  draw() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      const store = /** @type {Store} */ (this.store);
      if (!store.view) return;
      const parts = this.parts ?? [];
      for (const part of [...parts].sort((a, b) => Number(b instanceof Alerts) - Number(a instanceof Alerts))) this.panels?.draw(names.get(part) ?? part.constructor.name, () => part.update(store));
      if (customElements.get("norket-chart")) this.panels?.draw("NorketChart", () => /** @type {any} */ (this.querySelector("norket-chart"))?.update(store));
      cutOff(Boolean(this.panels?.broken.has("Alerts")) && WATCHED.has(this.dataset.phase ?? ""), "alerts");
    });
  }

  /** Sends a command and shows what came of it. @param {any} command @returns {Promise<boolean>} */
  async send(command) {
    if ((this.lock?.locked || this.lock?.unproven) && isUrgent(command)) command = { ...command, unnamed: true };
    return this.answered(command, await /** @type {Commands} */ (this.commands).send(command, this.store?.view?.version ?? 0));
  }

  /** @param {any} command @param {import("./commands.js").Done|import("./commands.js").NotDone} answer @returns {boolean} */
  answered(command, answer) {
    if (answer.ok) {
      this.seeEvents(answer.events);
      this.toasts?.done(command, answer.events);
      return true;
    }
    if (answer.refused === "another_person" && !this.dataset.keptAt) { location.reload(); return false; } // the page is made anew for them
    if (answer.kept && answer.status !== 401 && answer.status !== 423 && answer.refused !== "csrf" && answer.refused !== "another_person") return false; // it stands in the list of what is undecided
    if (answer.kept && (answer.status === 423 || this.lock?.locked)) { this.lock?.lock(); this.lock?.ask(); return false; }
    const why = answer.kept && answer.refused !== "another_person" ? words.refusals.kept : answer.why ?? words.refusals[answer.status] ?? fill(words.refusals.other, { status: answer.status });
    this.dialogs?.refuse({ code: answer.refused ?? String(answer.status), why, findings: answer.findings ?? [] });
    return false;
  }

  predictSoon() { clearTimeout(this.soon); this.soon = setTimeout(() => this.predict(), SETTLE_MS); }

  async predict() {
    try {
      const answer = await fetch(`${this.api}/prediction`, { credentials: "same-origin" });
      const json = (answer.headers.get("content-type") ?? "").includes("json") ? await answer.json() : {};
      /** @type {Store} */ (this.store).prediction = answer.ok ? json : { refused: json.why ?? words.no_curve };
      this.draw();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // no network: the stream's watchdog says so, the next round asks again
    }
  }

  /** @param {boolean} connected @param {number} heard */
  connection(connected, heard) {
    cutOff(!connected && WATCHED.has(this.dataset.phase ?? ""));
    this.classList.toggle("is-cut-off", !connected);
    const bar = this.querySelector('[data-part="not-connected"]');
    bar?.removeAttribute("data-first");
    show(bar, !connected);
    show(this.querySelector('[data-part="last-news"]'), !connected);
    setElapsed(this.querySelector('[data-field="connection_age"]'), { since: connected ? null : new Date(serverNow() - (Date.now() - heard)).toISOString(), look: "age" });
    if (connected) this.predictSoon();
  }

  /** @param {import("./commands.js").Kept[]} kept */
  pending(kept) {
    this.waiting?.pending(kept);
    /** @type {Store} */ (this.store).queued = asMarks(kept);
    this.draw();
  }
}
customElements.define("norket-live", NorketLive);
