// @ts-check
/** The one time axis that all lanes share. */
export const GUTTER_LEFT = 56, GUTTER_RIGHT = 44;
const MINUTE_MS = 60000, LEAD_MIN = 10, ROOM_MIN = 12, LEAST_MIN = 55, GRID_MIN = 5;

/** @typedef {{from: number, to: number, origin?: number}} Span milliseconds since 1970; the grid counts from the origin */

/** From shortly before the first dose to somewhat after the planned end; it moves in steps of five minutes, not with every second.
 * @param {import("./live.js").Store} store @param {number} now @returns {Span} */
export function span({ view, samples, events }, now) {
  const starts = [view.segments?.[0]?.start, view.boluses?.[0]?.at, view.dosing?.doses?.[0]?.at].filter(Boolean).map(Date.parse);
  const seen = [...Object.values(samples).map((line) => line[0]?.at), ...events.filter((event) => event.type === "vitals_recorded").map((event) => Date.parse(event.at))].filter(Number.isFinite);
  const first = Math.min(...(starts.length ? starts : [now]), now);
  const from = Math.max(first - LEAD_MIN * MINUTE_MS, Math.min(first - (GRID_MIN / 2) * MINUTE_MS, ...seen));
  const planned = view.planned_end_at ? Date.parse(view.planned_end_at) : plannedEnd(view, now);
  const recovery = view.recovery?.earliest_at ? Date.parse(view.recovery.earliest_at) : 0;
  const to = Math.max(now + ROOM_MIN * MINUTE_MS, planned + ROOM_MIN * MINUTE_MS, recovery + GRID_MIN * MINUTE_MS, from + LEAST_MIN * MINUTE_MS);
  const step = GRID_MIN * MINUTE_MS;
  return { from: Math.floor(from / step) * step, to: Math.ceil(to / step) * step, origin: starts.length ? first : 0 };
}

/** @param {any} view @param {number} now */
function plannedEnd(view, now) {
  return view.order?.duration_min && ["planned", "checked_in"].includes(view.phase) ? now + view.order.duration_min * MINUTE_MS : 0;
}

/** @param {Span} within @param {number} at @param {number} width @returns {number} pixels from the left edge of a lane */
export function place({ from, to }, at, width) {
  return GUTTER_LEFT + ((at - from) / (to - from)) * (width - GUTTER_LEFT - GUTTER_RIGHT);
}

/** Instants of the grid, with about `room` pixels between labels. @param {Span} within @param {number} width @param {number} room @returns {number[]} */
export function gridTimes({ from, to, origin = 0 }, width, room = 64) {
  const fit = Math.max(2, (width - GUTTER_LEFT - GUTTER_RIGHT) / room);
  const minutes = [5, 10, 15, 30, 60, 120].find((step) => (to - from) / (step * MINUTE_MS) <= fit) ?? 240;
  const step = minutes * MINUTE_MS;
  const times = [];
  for (let at = origin + Math.ceil((from - origin) / step) * step; at <= to; at += step) times.push(at);
  return times;
}
