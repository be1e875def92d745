// @ts-check
import "./chart.js";
import { serverNow, setServerNow } from "./clock.js";
import { Alerts } from "./alerts.js";
import { Commands } from "./commands.js";
import { Dialogs } from "./dialogs.js";
import { setText, show, words } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { fill } from "./format.js";
import { standing } from "./ledger.js";
import { Handover } from "./handover.js";
import { bindKeys } from "./keys.js";
import { Preflight } from "./preflight.js";
import { Readout } from "./readout.js";
import { Recovery } from "./recovery.js";
import { Stream } from "./stream.js";
import { Strip } from "./strip.js";
import { Toasts } from "./toasts.js";

const PREDICTION_MS = 60000, SETTLE_MS = 300;

/**
 * What the page knows of one session. `view` is the server's folded answer, never computed here.
 * `events` is the ledger, `standing` what of it still counts after corrections.
 * @typedef {{view: any, events: any[], standing: any[], samples: Record<string, {at: number, value: number}[]>, prediction: any}} Store
 */

/** One session, live: holds the one stream of the page and hands what it says to the parts. */
class NorketLive extends HTMLElement {
  connectedCallback() {
    const { api = "", person = "", csrf = "", zone = "" } = this.dataset;
    this.api = api;
    /** @type {Store} */
    this.store = { view: null, events: [], standing: [], samples: {}, prediction: null };
    this.commands = new Commands(api, person, csrf, (pending) => this.pending(pending), (command, answer) => this.answered(command, answer));
    this.toasts = new Toasts(this, (command) => this.send(command));
    this.dialogs = new Dialogs(this, (command) => this.send(command), () => this.store);
    const act = (/** @type {any} */ command) => this.send(command);
    this.parts = [
      new Readout(this, zone), new Strip(this, zone), new Alerts(this, zone, act),
      new Handover(this), new Preflight(this, act, this.dialogs), new Recovery(this, zone, act, this.dialogs),
    ];
    bindKeys(this);
    for (const button of this.querySelectorAll("[data-tap]")) button.addEventListener("click", () => { button.closest("dialog")?.close(); act({ type: /** @type {HTMLElement} */ (button).dataset.tap }); });
    this.stream = new Stream(`${api}/stream`, {
      view: (data) => this.seeView(data), events: (data) => this.seeEvents(data), samples: (data) => this.seeSamples(data),
    }, (connected, heard) => this.connection(connected, heard));
    this.refresh = setInterval(() => this.predict(), PREDICTION_MS);
  }

  disconnectedCallback() { this.stream?.close(); clearInterval(this.refresh); }

  /** @param {any} view */
  seeView(view) {
    const before = this.store?.view;
    if (before && before.version > view.version) return;
    setServerNow(view.now);
    /** @type {Store} */ (this.store).view = view;
    this.dataset.phase = view.phase;
    if (!before || before.version !== view.version) this.predictSoon();
    this.draw();
  }

  /** @param {any[]} events */
  seeEvents(events) {
    const known = new Set(this.store?.events.map((event) => event.n));
    const fresh = events.filter((event) => !known.has(event.n));
    if (!fresh.length || !this.store) return;
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
      for (const part of this.parts ?? []) part.update(store);
      /** @type {any} */ (this.querySelector("norket-chart"))?.update(store);
    });
  }

  /** Sends a command and shows what came of it. @param {any} command @returns {Promise<boolean>} */
  async send(command) {
    return this.answered(command, await /** @type {Commands} */ (this.commands).send(command, this.store?.view?.version ?? 0));
  }

  /** @param {any} command @param {import("./commands.js").Done|import("./commands.js").NotDone} answer @returns {boolean} */
  answered(command, answer) {
    if (answer.ok) {
      this.seeEvents(answer.events);
      this.toasts?.done(command, answer.events);
      return true;
    }
    const why = answer.kept ? words.refusals.kept : answer.why ?? words.refusals[answer.status] ?? fill(words.refusals.other, { status: answer.status });
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
    this.classList.toggle("is-cut-off", !connected);
    show(this.querySelector('[data-part="not-connected"]'), !connected);
    setElapsed(this.querySelector('[data-field="connection_age"]'), { since: connected ? null : new Date(serverNow() - (Date.now() - heard)).toISOString(), look: "age" });
    if (connected) this.predictSoon();
  }

  /** @param {{type: string}[]} pending */
  pending(pending) {
    show(this.querySelector('[data-part="pending"]'), pending.length > 0);
    const names = pending.map((command) => words.commands[command.type] ?? command.type).join(", ");
    setText(this, "pending", pending.length ? fill(words.pending, { what: names }) : "");
  }
}
customElements.define("norket-live", NorketLive);
