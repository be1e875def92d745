// @ts-check
import { colours, faint, FONT } from "./chart-colours.js";
import { GUTTER_LEFT, GUTTER_RIGHT, gridTimes } from "./chart-time.js";
import { words } from "./dom.js";

/** @typedef {import("./chart-time.js").Span} Span */
/** @typedef {{typical: number[], p5: number[], p50: number[], p95: number[]}} Track */
/** @typedef {{times: number[], ketamine: Track, norketamine: Track|null, unread: [number, number][]}} Curve times in seconds; `unread`: where no level is to be read */

/** Predicted ketamine (solid) and norketamine (dashed) with their bands: the past full, the future faint. */
export class CurvePlot {
  /** @param {HTMLElement} place @param {{axis?: "clock"|"minutes"}} [options] */
  constructor(place, options = {}) { this.place = place; this.options = options; this.nowMs = Infinity; }

  /** @param {Curve} curve @param {Span} within @param {number} nowMs @param {any} [trial] what is only tried: drawn thin over the running curve, from now on */
  update(curve, within, nowMs, trial) {
    this.within = within;
    this.nowMs = nowMs;
    this.unread = curve.unread;
    const { ketamine, norketamine } = curve, tried = triedLine(trial, curve, nowMs);
    const times = tried && tried.times.length > curve.times.length ? tried.times : curve.times;
    const empty = times.map(() => null), other = norketamine ?? { p5: empty, p50: empty, p95: empty };
    this.tried = tried;
    const data = /** @type {any} */ ([times, ...[ketamine.p95, ketamine.p5, ketamine.p50, other.p95, other.p5, other.p50, tried?.line ?? empty].map((line) => padded(line, times.length))]);
    this.top = topOf([ketamine.p95, norketamine?.p95 ?? [], tried?.line ?? []], times, within);
    if (!this.plot) this.make(data);
    else { this.plot.setData(data, false); this.plot.setScale("x", { min: within.from / 1000, max: within.to / 1000 }); this.plot.setScale("y", { min: 0, max: this.top }); }
  }

  /** @param {any} data */
  make(data) {
    const colour = colours(this.place), { width, height } = this.place.getBoundingClientRect();
    const axis = { stroke: colour["ink-2"], font: FONT, ticks: { show: false }, gap: 4 };
    const minutes = this.options.axis === "minutes";
    const edge = { width: 0, points: { show: false } };
    const painted = (/** @type {string} */ name, /** @type {number} */ strong) => (/** @type {any} */ plot) => this.fade(plot, colour[name], strong);
    this.plot = new (/** @type {any} */ (window).uPlot)({
      width, height, padding: [22, minutes ? 16 : GUTTER_RIGHT, 6, 0], legend: { show: false }, cursor: { show: false },
      scales: { x: { time: false, range: () => [(this.within?.from ?? 0) / 1000, (this.within?.to ?? 1) / 1000] }, y: { range: () => [0, this.top ?? 1] } },
      axes: [
        minutes
          ? { ...axis, size: 28, splits: () => gridTimes(/** @type {Span} */ (this.within), this.place.clientWidth, 48).map((at) => at / 1000), values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((one) => `${Math.round(one / 60)} min`), grid: { stroke: colour.line, width: 1 } }
          : { show: true, size: 0, values: () => [], splits: () => gridTimes(/** @type {Span} */ (this.within), this.place.clientWidth).map((at) => at / 1000), grid: { stroke: colour.line, width: 1 }, ticks: { show: false } },
        { ...axis, size: GUTTER_LEFT, space: 26, grid: { stroke: colour.line, width: 1 } },
      ],
      series: [
        {}, edge, edge, { stroke: painted("ketamine", 1), width: 2.5, points: { show: false } },
        edge, edge, { stroke: painted("norketamine", 1), width: 2.5, dash: [8, 5], points: { show: false } },
        { stroke: colour.ink, width: 1.25, dash: [3, 3], points: { show: false } },
      ],
      hooks: { drawClear: [(/** @type {any} */ plot) => this.shade(plot, colour["ink-2"])], draw: [(/** @type {any} */ plot) => this.nameTried(plot, colour.ink, colour.surface)] },
      bands: [{ series: [1, 2], fill: painted("ketamine", 0.24) }, { series: [4, 5], fill: painted("norketamine", 0.2) }],
    }, data, this.place);
  }

  /** Full up to now, faint after it. @param {any} plot @param {string} colour @param {number} strength */
  fade(plot, colour, strength) {
    const { left, width } = plot.bbox;
    const part = Math.min(1, Math.max(0, (this.nowMs / 1000 - plot.scales.x.min) / (plot.scales.x.max - plot.scales.x.min || 1)));
    const paint = plot.ctx.createLinearGradient(left, 0, left + width, 0);
    const later = strength === 1 ? 0.5 : strength * 0.5;
    paint.addColorStop(0, faint(colour, strength));
    paint.addColorStop(part, faint(colour, strength));
    paint.addColorStop(part, faint(colour, later));
    paint.addColorStop(1, faint(colour, later));
    return paint;
  }

  /** Greys the minutes in which no level is to be read. @param {any} plot @param {string} ink */
  shade(plot, ink) {
    const { left, top, width, height } = plot.bbox, edge = (/** @type {number} */ at) => Math.min(left + width, Math.max(left, plot.valToPos(at, "x", true)));
    plot.ctx.save();
    plot.ctx.fillStyle = faint(ink, 0.28);
    plot.ctx.beginPath();
    for (const [from, to] of this.unread ?? []) plot.ctx.rect(edge(from), top, edge(to) - edge(from), height);
    plot.ctx.fill();
    plot.ctx.restore();
  }

  /** Says beside the thin line what it is. @param {any} plot @param {string} ink @param {string} ground */
  nameTried(plot, ink, ground) {
    if (!this.tried) return;
    const { times, line } = this.tried, shown = times.map((at, i) => i).filter((i) => line[i] !== null && times[i] <= plot.scales.x.max);
    if (!shown.length) return;
    const top = shown.reduce((best, i) => ((line[i] ?? 0) > (line[best] ?? 0) ? i : best)), { ctx } = plot, ratio = window.devicePixelRatio;
    ctx.save();
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    const wide = ctx.measureText(words.trial_label).width, x = Math.min(plot.valToPos(times[top], "x", true) + 6 * ratio, plot.bbox.left + plot.bbox.width - wide), y = Math.max(plot.valToPos(line[top] ?? 0, "y", true) - 6 * ratio, plot.bbox.top + 12 * ratio);
    ctx.fillStyle = ground;
    ctx.fillRect(x - 2 * ratio, y - 11 * ratio, wide + 4 * ratio, 14 * ratio);
    ctx.fillStyle = ink;
    ctx.fillText(words.trial_label, x, y);
    ctx.restore();
  }

  resize() {
    const { width, height } = this.place.getBoundingClientRect();
    this.plot?.setSize({ width, height });
  }

  rebuild() { this.plot?.destroy(); this.plot = undefined; }
}

/** The median of a trial on the grid of the running curve, from now on; null where there is none.
 * @param {any} trial @param {Curve} curve @param {number} nowMs @returns {{times: number[], line: (number|null)[]}|null} */
function triedLine(trial, curve, nowMs) {
  const found = trial?.refused ? null : readPrediction(trial);
  if (!found || Math.abs(found.times[0] - curve.times[0]) > 1) return null;
  return { times: found.times, line: found.times.map((at, i) => (at >= nowMs / 1000 - 60 ? found.ketamine.p50[i] : null)) };
}

/** @param {any[]} line @param {number} length */
function padded(line, length) { return line.length < length ? [...line, ...new Array(length - line.length).fill(null)] : line; }

/** The highest shown value with some air above. @param {(number|null)[][]} lines @param {number[]} times @param {Span} within */
function topOf(lines, times, { from, to }) {
  let top = 0;
  times.forEach((at, i) => { if (at * 1000 >= from && at * 1000 <= to) for (const values of lines) top = Math.max(top, values[i] ?? 0); });
  return top ? top * 1.18 : 1;
}

/** The answer of the server as curves against the clock. @param {any} prediction @returns {Curve|null} */
export function readPrediction(prediction) {
  if (!prediction?.times_min || !prediction.ketamine_ng_ml) return null;
  const zero = prediction.zero_at ? Date.parse(prediction.zero_at) / 1000 : 0;
  const unread = (prediction.unread_min ?? []).map((/** @type {[number, number]} */ [from, to]) => [zero + from * 60, zero + to * 60]);
  return { unread, times: prediction.times_min.map((/** @type {number} */ min) => zero + min * 60), ketamine: prediction.ketamine_ng_ml, norketamine: prediction.norketamine_ng_ml ?? null };
}

/** @param {Curve} curve @param {Track} track @param {number} at seconds @returns {{p5: number, p50: number, p95: number}|null} */
export function valueAt({ times }, track, at) {
  const after = times.findIndex((time) => time >= at);
  if (after < 0 || !times.length || at < times[0]) return null;
  const before = Math.max(0, after - 1), wide = times[after] - times[before];
  const part = wide > 0 ? (at - times[before]) / wide : 0;
  const between = (/** @type {number[]} */ line) => line[before] + part * (line[after] - line[before]);
  return { p5: between(track.p5), p50: between(track.p50), p95: between(track.p95) };
}
