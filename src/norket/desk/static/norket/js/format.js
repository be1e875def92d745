// @ts-check
/** Times and numbers as they are shown. Numbers keep the decimal point: clinical figures never change silently. */
const MINUTE = 60, HOUR = 3600;

/** @param {number} seconds @returns {string} 0:07, 12:31, 1:04:10 */
export function duration(seconds) {
  const s = Math.floor(Math.abs(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const h = Math.floor(s / HOUR), m = Math.floor((s % HOUR) / MINUTE);
  return h ? `${h}:${two(m)}:${two(s % MINUTE)}` : `${m}:${two(s % MINUTE)}`;
}

/** @param {number} seconds @returns {string} 8 s, 3 min, 2 h 5 min */
export function age(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 100) return `${s} s`;
  if (s < 2 * HOUR) return `${Math.floor(s / MINUTE)} min`;
  return `${Math.floor(s / HOUR)} h ${Math.floor((s % HOUR) / MINUTE)} min`;
}

/** @param {string|number|null|undefined} at @param {string} zone @returns {string} 14:05 in the clinic's time zone */
export function clock(at, zone) {
  if (at === null || at === undefined) return "";
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone || undefined }).format(new Date(at));
}

/** As `clock`, with the day where it is another one than that of `now`. @param {string|number} at @param {string} zone @param {number} now @returns {string} 18 Nov 14:05 */
export function clockOn(at, zone, now) {
  const day = (/** @type {string|number} */ one) => new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: zone || undefined }).format(new Date(one));
  return day(at) === day(now) ? clock(at, zone) : `${day(at)} ${clock(at, zone)}`;
}

/** @param {number|null|undefined} value @param {number} [digits] at most so many decimals @returns {string} */
export function figure(value, digits = 1) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return String(Number(value.toFixed(digits)));
}

/** The strict grammar of typed numbers, the same as the server's. @param {string} text @returns {number|null} */
export function parseNumber(text) { return /^[0-9]{1,4}(\.[0-9]{1,3})?$/.test(text) ? Number(text) : null; }

/** A template with {name} slots. @param {string} text @param {Record<string, string|number>} slots @returns {string} */
export function fill(text, slots) { return text.replace(/\{(\w+)\}/g, (_, name) => String(slots[name] ?? "")); }
