// @ts-check
import "./chart.js";
import { setServerNow } from "./clock.js";
import { field, setText, show, words } from "./dom.js";
import { age, clock, duration } from "./format.js";
import { standing } from "./ledger.js";
import { Readout } from "./readout.js";
import { Strip } from "./strip.js";

const BEAT_MS = 250, LOOK_MS = 700, SECOND_MS = 1000;

/** A session played again: the server folds what was known at each instant, the page shows it and can send nothing. */
class NorketReplay extends HTMLElement {
  async connectedCallback() {
    const { api = "", zone = "" } = this.dataset;
    this.api = api;
    this.zone = zone;
    this.pace = 10;
    this.playing = false;
    this.parts = [new Readout(this, zone), new Strip(this, zone)];
    this.scrub = /** @type {HTMLInputElement} */ (this.querySelector("#scrub"));
    this.wire();
    const reel = await this.get("reel");
    if (!reel) return;
    this.reel = reel;
    this.from = Date.parse(reel.from);
    this.to = Date.parse(reel.to);
    this.at = Math.max(this.from, Math.min(this.to, Date.parse(this.dataset.at ?? "") || this.from));
    this.scrub.max = String(Math.ceil((this.to - this.from) / SECOND_MS));
    this.scrub.disabled = false;
    /** @type {any} */
    this.store = { view: null, events: [], standing: [], queued: [], samples: {}, prediction: null };
    this.marks = [...new Set(reel.events.map((/** @type {any} */ one) => Date.parse(one.recorded_at)))].filter((at) => at >= this.from).sort((a, b) => a - b);
    this.move(this.at);
    this.beat = setInterval(() => this.tick(), BEAT_MS);
  }

  disconnectedCallback() { clearInterval(this.beat); }

  wire() {
    this.querySelector("#play")?.addEventListener("click", () => this.play(!this.playing));
    for (const button of this.querySelectorAll("[data-pace]")) button.addEventListener("click", () => this.setPace(Number(/** @type {HTMLElement} */ (button).dataset.pace)));
    this.scrub?.addEventListener("input", () => this.move(this.from + Number(this.scrub?.value) * SECOND_MS));
    this.querySelector("#before")?.addEventListener("click", () => this.move(this.marks?.filter((at) => at < this.at - SECOND_MS).pop() ?? this.from));
    this.querySelector("#after")?.addEventListener("click", () => this.move(this.marks?.find((at) => at > this.at) ?? this.to));
  }

  /** @param {string} path @returns {Promise<any>} null when there is no answer */
  async get(path) {
    const answer = await fetch(`${this.api}/${path}`, { credentials: "same-origin" });
    const json = (answer.headers.get("content-type") ?? "").includes("json") ? await answer.json() : {};
    show(this.querySelector('[data-part="not-there"]'), !answer.ok && answer.status !== 422);
    return answer.ok ? json : answer.status === 422 && path.startsWith("at/prediction") ? { refused: json.why } : null;
  }

  /** @param {boolean} on */
  play(on) {
    if (on && this.at >= this.to) this.at = this.from;
    this.playing = on;
    this.told = Date.now();
    this.querySelector("#play")?.setAttribute("aria-pressed", String(on));
    setText(this, "play", on ? words.replay_pause : words.replay_play);
    this.tell();
  }

  /** @param {number} pace */
  setPace(pace) {
    this.pace = pace;
    for (const button of this.querySelectorAll("[data-pace]")) button.setAttribute("aria-pressed", String(Number(/** @type {HTMLElement} */ (button).dataset.pace) === pace));
    this.tell();
  }

  tick() {
    if (this.playing) {
      const now = Date.now();
      this.at = Math.min(this.to, this.at + (now - this.told) * this.pace);
      this.told = now;
      if (this.at >= this.to) this.play(false);
    }
    this.tell();
    if (this.at !== this.shown && Date.now() - (this.looked ?? 0) > LOOK_MS) this.look();
  }

  /** @param {number} at */
  move(at) { this.at = Math.min(this.to, Math.max(this.from, at)); this.told = Date.now(); this.tell(); this.look(); }

  /** The clock of the page is the instant that is played. */
  tell() {
    if (!this.reel) return;
    setServerNow(new Date(this.at).toISOString(), this.playing ? this.pace : 0);
    if (this.scrub && document.activeElement !== this.scrub) this.scrub.value = String(Math.round((this.at - this.from) / SECOND_MS));
    const text = `${clock(this.at, this.zone ?? "")} · ${duration((this.at - this.from) / SECOND_MS)} / ${duration((this.to - this.from) / SECOND_MS)}`;
    setText(this, "instant", text);
    this.scrub?.setAttribute("aria-valuetext", text);
  }

  /** Asks for the state at the instant; one question at a time. */
  async look() {
    if (this.asking || !this.reel) return;
    this.asking = true;
    this.looked = Date.now();
    const at = this.at, instant = new Date(at).toISOString();
    try {
      const view = await this.get(`at?instant=${encodeURIComponent(instant)}`);
      if (!view) return;
      const before = this.store.view;
      this.store.view = view;
      this.store.events = this.reel.events.filter((/** @type {any} */ one) => Date.parse(one.recorded_at) <= at);
      this.store.standing = standing(this.store.events);
      this.store.samples = byChannel(this.reel.samples, at);
      this.dataset.phase = view.phase;
      if (!before || before.version !== view.version) this.store.prediction = (await this.get(`at/prediction?instant=${encodeURIComponent(instant)}`)) ?? this.store.prediction;
      this.shown = at;
      this.draw();
    } finally {
      this.asking = false;
    }
  }

  draw() {
    for (const part of this.parts ?? []) part.update(this.store);
    /** @type {any} */ (this.querySelector("norket-chart"))?.update(this.store);
    const open = this.store.view.alerts.filter((/** @type {any} */ one) => one.open);
    const line = field(this, "replay_alerts");
    if (line) line.textContent = open.length ? open.map((/** @type {any} */ one) => `${words.tiers[one.tier]}: ${one.why} (${age(one.age_s)})`).join("   ") : words.replay_no_alerts;
  }
}
customElements.define("norket-replay", NorketReplay);

/** @param {any[]} samples @param {number} until */
function byChannel(samples, until) {
  /** @type {Record<string, {at: number, value: number}[]>} */
  const kept = {};
  for (const { channel, value, at } of samples) { const instant = Date.parse(at); if (instant <= until) (kept[channel] ??= []).push({ at: instant, value }); }
  for (const line of Object.values(kept)) line.sort((a, b) => a.at - b.at);
  return kept;
}
