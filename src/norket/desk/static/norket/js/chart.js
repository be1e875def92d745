// @ts-check
import { serverNow } from "./clock.js";
import { CurvePlot, readPrediction, valueAt } from "./chart-curve.js";
import { drawAxis, drawEvents, drawPump, drawScores } from "./chart-lanes.js";
import { place, span } from "./chart-time.js";
import { VitalsPlot } from "./chart-vitals.js";
import { setText, show, words } from "./dom.js";
import { clock, figure, fill } from "./format.js";

const BEAT_MS = 1000, BEFORE = ["planned", "checked_in"];

/** The chart of a session: lanes over one time axis, with a line for now. */
class NorketChart extends HTMLElement {
  connectedCallback() {
    this.zone = this.dataset.zone ?? "";
    this.vitals = new VitalsPlot(this.within('[data-plot="vitals"]'));
    this.curve = new CurvePlot(this.within('[data-plot="curve"]'));
    this.sizes = new ResizeObserver(() => { this.vitals?.resize(); this.curve?.resize(); this.draw(); });
    this.sizes.observe(this);
    this.beat = setInterval(() => this.draw(), BEAT_MS);
    this.theme = () => { this.vitals?.rebuild(); this.curve?.rebuild(); this.draw(); };
    document.addEventListener("norket:theme", this.theme);
    for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", this.theme);
  }

  disconnectedCallback() { clearInterval(this.beat); this.sizes?.disconnect(); if (this.theme) document.removeEventListener("norket:theme", this.theme); }

  /** @param {string} selector */
  within(selector) { return /** @type {HTMLElement} */ (this.querySelector(selector)); }

  /** @param {string} name */
  svg(name) { return /** @type {SVGElement} */ (/** @type {unknown} */ (this.within(`[data-svg="${name}"]`))); }

  /** @param {import("./live.js").Store} store */
  update(store) { this.store = store; this.draw(); }

  draw() {
    const { store } = this;
    if (!store?.view || !this.offsetWidth) return;
    const now = serverNow(), within = span(store, now);
    this.vitals?.update(store, within, now);
    this.drawCurve(store, within, now);
    drawPump(this.svg("pump"), store.view, within, now);
    drawScores(this.svg("scores"), store.standing, within);
    drawEvents(this.svg("events"), store.standing, within, store.queued);
    drawAxis(this.svg("axis"), store.view, within, this.zone ?? "", now);
    this.drawNow(within, now);
  }

  /** @param {import("./live.js").Store} store @param {import("./chart-time.js").Span} within @param {number} now */
  drawCurve(store, within, now) {
    const { prediction } = store, before = BEFORE.includes(store.view.phase), curve = readPrediction(prediction), empty = this.querySelector('[data-part="curve-empty"]');
    show(empty, !curve);
    this.within('[data-plot="curve"]').hidden = !curve;
    if (!curve) { if (prediction?.refused && empty) empty.textContent = prediction.refused; this.foot("", ""); return; }
    const [zero] = curve.times;
    const later = before ? now / 1000 - zero : 0; // as if it began now
    if (before) { curve.times = curve.times.map((time) => time + later); curve.unread = curve.unread.map(([from, to]) => [from + later, to + later]); }
    const unread = curve.unread.some(([from, to]) => now / 1000 >= from && now / 1000 < to);
    this.curve?.update(curve, within, now, store.trial);
    for (const [name, track] of /** @type {[string, any][]} */ ([["ketamine", curve.ketamine], ["norketamine", curve.norketamine]])) {
      const value = !before && !unread && track && valueAt(curve, track, now / 1000);
      setText(this, `${name}_now`, value ? fill(words.level, { mid: figure(value.p50, 0), low: figure(value.p5, 0), high: figure(value.p95, 0) }) : "–");
    }
    const { warnings = [], remarks = [] } = prediction;
    this.foot(warnings.filter((/** @type {string} */ one) => !remarks.includes(one)).join(" "), modelLine(prediction));
  }

  /** What the curve rests on: what alarms stands first. @param {string} alarm @param {string} models */
  foot(alarm, models) {
    setText(this.parentElement ?? this, "curve_alarm", alarm);
    setText(this.parentElement ?? this, "models", models);
  }

  /** @param {import("./chart-time.js").Span} within @param {number} now */
  drawNow(within, now) {
    const line = this.within('[data-part="now"]');
    line.style.insetInlineStart = `${place(within, now, this.offsetWidth)}px`;
    line.hidden = false;
    setText(this, "now_label", `${words.now} ${clock(now, this.zone ?? "")}`);
  }
}
customElements.define("norket-chart", NorketChart);

/** Which model and which sampling site each line belongs to. @param {any} prediction */
function modelLine({ tracks = {}, remarks = [] }) {
  const named = Object.entries(tracks).filter(([analyte]) => analyte !== "effect_site").map(([analyte, track]) => `${words.analytes[analyte] ?? analyte}: ${words.sites[track.site] ?? track.site}, ${modelName(track.model)}`);
  const own = tracks.ketamine ? fill(words.band, { model: modelName(tracks.ketamine.model) }) : "";
  return [own, ...named, ...remarks].filter(Boolean).join(" · ");
}

/** @param {string} id kamp_2020 @returns {string} Kamp 2020 */
function modelName(id) { return id.charAt(0).toUpperCase() + id.slice(1).replaceAll("_", " "); }
