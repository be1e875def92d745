// @ts-check
import { colours, faint, FONT } from "./chart-colours.js";
import { GUTTER_LEFT, GUTTER_RIGHT, gridTimes } from "./chart-time.js";

/** @typedef {import("./chart-time.js").Span} Span */
const GAP_MS = 30000, PRESSURE = [20, 220], SATURATION = [45, 105];

/** Vital signs as anaesthetic charts draw them: systolic and diastolic as facing chevrons joined by a bar, heart rate and saturation as lines. */
export class VitalsPlot {
  /** @param {HTMLElement} place */
  constructor(place) { this.place = place; this.pressures = /** @type {any[]} */ ([]); }

  /** @param {import("./live.js").Store} store @param {Span} within @param {number} nowMs */
  update(store, within, nowMs) {
    this.within = within;
    this.nowMs = nowMs;
    this.pressures = pressures(store);
    const data = /** @type {any} */ (table([line(store, "hr_per_min"), line(store, "spo2_percent")]));
    if (!this.plot) this.make(data);
    else { this.plot.setData(data, false); this.plot.setScale("x", { min: within.from / 1000, max: within.to / 1000 }); }
  }

  /** @param {any} data */
  make(data) {
    const colour = colours(this.place), { width, height } = this.place.getBoundingClientRect();
    const axis = { stroke: colour["ink-2"], font: FONT, ticks: { show: false }, gap: 4 };
    const wide = this.place.clientHeight > 190;
    this.plot = new (/** @type {any} */ (window).uPlot)({
      width, height, padding: [22, 0, 6, 0], legend: { show: false }, cursor: { show: false },
      scales: { x: { time: true, range: () => [(this.within?.from ?? 0) / 1000, (this.within?.to ?? 1) / 1000] }, y: { range: () => PRESSURE }, spo2: { range: () => SATURATION } },
      axes: [
        { show: true, size: 0, values: () => [], splits: () => gridTimes(/** @type {Span} */ (this.within), this.place.clientWidth).map((at) => at / 1000), grid: { stroke: colour.line, width: 1 }, ticks: { show: false } },
        { ...axis, size: GUTTER_LEFT, splits: () => wide ? [40, 80, 120, 160, 200] : [40, 120, 200], grid: { stroke: colour.line, width: 1 } },
        { ...axis, scale: "spo2", side: 1, size: GUTTER_RIGHT, splits: () => wide ? [60, 80, 90, 100] : [80, 100], grid: { show: false }, stroke: colour.saturation },
      ],
      series: [
        {},
        { stroke: colour.heart, width: 1.5, points: { show: false } },
        { scale: "spo2", stroke: colour.saturation, width: 2, dash: [2, 3], points: { show: false } },
      ],
      hooks: { draw: [(/** @type {any} */ plot) => this.drawPressures(plot, colour)] },
    }, data, this.place);
  }

  /** @param {any} plot @param {Record<string, string>} colour */
  drawPressures(plot, colour) {
    const { ctx } = plot, ratio = window.devicePixelRatio;
    const half = 5 * ratio;
    ctx.save();
    ctx.setLineDash([]);
    ctx.lineCap = "round";
    ctx.lineWidth = 1.75 * ratio;
    for (const { at, systolic, diastolic } of this.pressures) {
      const x = plot.valToPos(at / 1000, "x", true);
      if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) continue;
      const top = plot.valToPos(systolic, "y", true), bottom = plot.valToPos(diastolic, "y", true);
      ctx.fillStyle = faint(colour.pressure, 0.13);
      ctx.fillRect(x - half * 0.7, top, half * 1.4, bottom - top);
      ctx.strokeStyle = colour.pressure;
      ctx.beginPath();
      ctx.moveTo(x - half, top - half); ctx.lineTo(x, top); ctx.lineTo(x + half, top - half);
      ctx.moveTo(x - half, bottom + half); ctx.lineTo(x, bottom); ctx.lineTo(x + half, bottom + half);
      ctx.stroke();
    }
    ctx.restore();
  }

  resize() {
    const { width, height } = this.place.getBoundingClientRect();
    this.plot?.setSize({ width, height });
  }

  rebuild() { this.plot?.destroy(); this.plot = undefined; }
}

/** Device samples and recorded readings of one channel, broken where the feed was silent.
 * @param {import("./live.js").Store} store @param {string} channel @returns {[number[], (number|null)[]]} */
function line({ samples, standing: events }, channel) {
  const typed = events.filter((event) => event.type === "vitals_recorded" && event.data.vitals?.[channel] != null).map((event) => ({ at: Date.parse(event.at), value: event.data.vitals[channel] }));
  const all = [...(samples[channel] ?? []), ...typed].sort((a, b) => a.at - b.at);
  /** @type {[number[], (number|null)[]]} */
  const made = [[], []];
  let last = 0;
  for (const { at, value } of all) {
    if (at / 1000 === made[0][made[0].length - 1]) continue;
    if (last && at - last > GAP_MS) { made[0].push((last + 1) / 1000); made[1].push(null); }
    made[0].push(at / 1000);
    made[1].push(value);
    last = at;
  }
  return made;
}

/** @param {[number[], (number|null)[]][]} lines */
function table(lines) { return /** @type {any} */ (window).uPlot.join(lines, lines.map(() => [2, 2])); }

/** Readings with both pressures, from the cuff and from people. @param {import("./live.js").Store} store */
function pressures({ samples, standing: events }) {
  const diastolic = new Map((samples.dbp_mmhg ?? []).map((one) => [one.at, one.value]));
  const cuff = (samples.sbp_mmhg ?? []).filter((one) => diastolic.has(one.at)).map((one) => ({ at: one.at, systolic: one.value, diastolic: diastolic.get(one.at) }));
  const typed = events.filter((event) => ["vitals_recorded", "baseline_recorded"].includes(event.type) && event.data.vitals?.sbp_mmhg && event.data.vitals?.dbp_mmhg)
    .map((event) => ({ at: Date.parse(event.at), systolic: event.data.vitals.sbp_mmhg, diastolic: event.data.vitals.dbp_mmhg }));
  return [...cuff, ...typed];
}
