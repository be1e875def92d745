// @ts-check
import { gridTimes, GUTTER_LEFT, GUTTER_RIGHT, place } from "./chart-time.js";
import { words } from "./dom.js";
import { clock, figure, fill } from "./format.js";
import { describe } from "./ledger.js";

/** @typedef {import("./chart-time.js").Span} Span */
const SPACE = "http://www.w3.org/2000/svg", MINUTE_MS = 60000, LETTER_PX = 6.6, NOW_PX = 62, MARK_PX = 56;

/** @param {string} name @param {Record<string, string|number>} attributes @param {string} [text] */
function make(name, attributes, text) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/** @param {Element} mark @param {string} title */
function titled(mark, title) { mark.append(make("title", {}, title)); return mark; }

/** @param {SVGElement} svg @param {Span} within @param {(width: number, height: number) => Element[]} draw */
function redraw(svg, within, draw) {
  const { width, height } = svg.getBoundingClientRect();
  const grid = gridTimes(within, width).map((at) => make("line", { class: "grid", x1: place(within, at, width), x2: place(within, at, width), y1: 0, y2: height }));
  svg.replaceChildren(...grid, ...draw(width, height));
}

/** The pump: a block for each stretch at one rate with the rate written on it, boluses as marks. @param {SVGElement} svg @param {any} view @param {Span} within @param {number} now */
export function drawPump(svg, view, within, now) {
  redraw(svg, within, (width, height) => {
    const segments = view.segments ?? [], top = Math.max(view.order?.rate_ml_h ?? 0, ...segments.map((/** @type {any} */ one) => one.rate_ml_h), 1);
    const base = height - 5, room = height - 26;
    const block = (/** @type {number} */ start, /** @type {number} */ end, /** @type {number} */ rate, /** @type {string} */ kind) => {
      const x = Math.max(place(within, start, width), GUTTER_LEFT), w = Math.max(1, Math.min(place(within, end, width), width - GUTTER_RIGHT) - x), h = Math.max(15, (rate / top) * room);
      const text = `${figure(rate, 1)} mL/h`;
      const marks = [titled(make("rect", { class: kind, x, y: base - h, width: w, height: h, rx: 3 }), `${text}, ${Math.round((end - start) / MINUTE_MS)} min`)];
      if (w > text.length * LETTER_PX) marks.push(make("text", { class: "block-text", x: x + 6, y: base - 4 }, text));
      else if (w > 30) marks.push(make("text", { class: "block-text", x: x + 4, y: base - 4 }, figure(rate, 1)));
      return marks;
    };
    const marks = segments.filter((/** @type {any} */ one) => one.rate_ml_h > 0).flatMap((/** @type {any} */ one) => block(Date.parse(one.start), one.end ? Date.parse(one.end) : now, one.rate_ml_h, "block"));
    if (view.running && view.planned_end_at && Date.parse(view.planned_end_at) > now) marks.push(...block(now, Date.parse(view.planned_end_at), view.rate_ml_h, "block-planned").slice(0, marks.some((/** @type {Element} */ mark) => mark.tagName === "text" && segments.length < 2) ? 1 : 2));
    const single = [...(view.boluses ?? []), ...(view.dosing?.doses ?? [])].map((one) => ({ one, x: place(within, Date.parse(one.at), width) })).sort((a, b) => a.x - b.x);
    single.forEach(({ one, x }, i) => marks.push(...bolusMark(x, height, one).slice(0, i + 1 < single.length && single[i + 1].x - x < MARK_PX ? 1 : 2)));
    return marks;
  });
}

/** @param {number} x @param {number} height @param {any} bolus */
function bolusMark(x, height, bolus) {
  const text = `${figure(bolus.amount_mg, 2)} mg`;
  return [titled(make("path", { class: "bolus", d: `M${x - 8} ${height - 24} h16 L${x} ${height - 5} z` }), `${words.commands.give_bolus}: ${text}`), make("text", { class: "mark-text", x: x + 10, y: height - 14 }, text)];
}

/** Every score as its value at its time; the name once, in front. @param {SVGElement} svg @param {any[]} events @param {Span} within */
export function drawScores(svg, events, within) {
  const scores = events.filter((event) => event.type === "score_recorded" || event.type === "recovery_score_recorded");
  redraw(svg, within, (width, height) => spaced(scores, within, width, 26).map(({ event, x }) => {
    const value = event.type === "score_recorded" ? event.data.value : event.data.total ?? "?";
    const short = words.score_short[event.type === "score_recorded" ? event.data.score : "recovery"] ?? "";
    return titled(make("text", { class: "mark-text", x, y: height - 8, "text-anchor": "middle" }, `${short} ${value}`), describe(event));
  }));
}

const SHOWN = new Set(["lost_dose_recorded", "site_failed", "pump_fault_recorded", "event_recorded", "alert_raised", "rescue_given", "dose_given", "concern_raised", "noted", "vitals_recorded", "rate_changed", "infusion_paused", "infusion_resumed", "infusion_stopped", "infusion_started"]);

/** Marks of what happened: alerts by shape and colour, the rest as dots, with words where there is room. @param {SVGElement} svg @param {any[]} events @param {Span} within @param {{at: string, text: string}[]} [queued] not in the record yet */
export function drawEvents(svg, events, within, queued = []) {
  const shown = events.filter((event) => SHOWN.has(event.type) && event.type !== "vitals_recorded");
  redraw(svg, within, (width, height) => {
    /** @type {Element[]} */
    const marks = [];
    const placed = shown.map((event) => ({ event, x: place(within, Date.parse(event.at), width) })).filter(({ x }) => x >= GUTTER_LEFT && x <= width - GUTTER_RIGHT);
    placed.forEach(({ event, x }, i) => {
      marks.push(titled(shape(event, x, height - 13), `${describe(event)}`));
      const text = short(event), room = (placed[i + 1]?.x ?? width - GUTTER_RIGHT + 30) - x - 14;
      if (text.length * LETTER_PX < room) marks.push(make("text", { class: "mark-text", x: x + 10, y: height - 9 }, text));
    });
    for (const { at, text } of queued) marks.push(titled(make("circle", { class: "dot-queued", cx: place(within, Date.parse(at), width), cy: height - 13, r: 5 }), text));
    return marks;
  });
}

/** @param {any} event */
function short(event) {
  if (event.type === "alert_raised") return event.data.tier;
  if (event.type === "event_recorded") return words.values[event.data.event] ?? event.data.event;
  return words.marks[event.type] ?? "";
}

/** @param {any} event @param {number} x @param {number} y */
function shape(event, x, y) {
  const tier = event.type === "alert_raised" ? event.data.tier : "";
  if (tier === "T3") return make("path", { class: "dot-alert-T3", d: `M${x - 3} ${y - 7} h6 l4 4 v6 l-4 4 h-6 l-4 -4 v-6 z` });
  if (tier === "T2") return make("path", { class: "dot-alert-T2", d: `M${x} ${y - 8} L${x + 8} ${y + 6} L${x - 8} ${y + 6} z` });
  if (tier === "T1") return make("circle", { class: "dot-alert-T1", cx: x, cy: y, r: 6 });
  return make("circle", { class: "dot", cx: x, cy: y, r: 4 });
}

/** Leaves out what would be written over its neighbour; the ledger has all of it. @param {any[]} events @param {Span} within @param {number} width @param {number} room */
function spaced(events, within, width, room) {
  let last = -Infinity;
  return [...events].reverse().map((event) => ({ event, x: place(within, Date.parse(event.at), width) }))
    .filter(({ x }) => { const fits = x >= GUTTER_LEFT && x <= width - GUTTER_RIGHT && Math.abs(last - x) >= room; if (fits) last = x; return fits; });
}

/** The clock on the axis and, under it, the minutes since the start. @param {SVGElement} svg @param {any} view @param {Span} within @param {string} zone @param {number} now */
export function drawAxis(svg, view, within, zone, now) {
  const begun = view.segments?.[0]?.start ?? view.dosing?.doses?.[0]?.at, start = begun ? Date.parse(begun) : null;
  redraw(svg, within, (width) => gridTimes(within, width).flatMap((at) => {
    const x = place(within, at, width);
    if (x > width - 14 || Math.abs(x - place(within, now, width)) < NOW_PX) return [];
    const marks = [make("text", { x, y: 14, "text-anchor": "middle" }, clock(at, zone))];
    if (start !== null) marks.push(make("text", { x, y: 29, "text-anchor": "middle" }, fill(words.minute_mark, { min: `${at >= start ? "+" : "−"}${Math.abs(Math.round((at - start) / MINUTE_MS))}` })));
    return marks;
  }));
}
