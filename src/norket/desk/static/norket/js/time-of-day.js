// @ts-check
import { serverNow } from "./clock.js";
import { clock } from "./format.js";

const MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS, DAY_MIN = 1440, HOUR_MIN = 60;

/**
 * The instant of a time of day in the clinic's zone: the last one before now, or the next one after it. A night on which
 * the clock is put forward or back is looked at from both sides.
 * @param {string} text 07:30 @param {string} zone @param {boolean} past @param {number} [now] @returns {string|null} ISO time
 */
export function instantOf(text, zone, past, now = serverNow()) {
  const wanted = minutes(text);
  if (wanted === null) return null;
  const away = past ? -mod(/** @type {number} */ (minutes(clock(now, zone))) - wanted) : mod(wanted - /** @type {number} */ (minutes(clock(now, zone))));
  const about = Math.floor(now / MINUTE_MS) * MINUTE_MS + away * MINUTE_MS;
  const found = [about, about - HOUR_MS, about + HOUR_MS].find((at) => clock(at, zone) === text.slice(0, 5) && (past ? at <= now : at >= now - MINUTE_MS));
  return new Date(found ?? about).toISOString();
}

/**
 * The instant at which the clinic's clock showed this time on this day; of two such instants, in the night on which the
 * clock is put back, the first. None where the clock leapt over it.
 * @param {string} text 07:30 @param {string} day 2026-11-20 @param {string} zone @returns {string|null} ISO time
 */
export function instantOn(text, day, zone) {
  const wanted = minutes(text), wall = Date.parse(`${day}T00:00:00Z`);
  if (wanted === null || Number.isNaN(wall)) return null;
  const shown = wall + wanted * MINUTE_MS, about = [-DAY_MIN, DAY_MIN].map((away) => shown - ahead(shown + away * MINUTE_MS, zone));
  const found = about.filter((at) => at + ahead(at, zone) === shown).sort((a, b) => a - b);
  return found.length ? new Date(found[0]).toISOString() : null;
}

/** How far the clock of the zone is ahead of UTC at this instant, in ms. @param {number} at @param {string} zone */
function ahead(at, zone) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).formatToParts(at);
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return Date.parse(`${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:00Z`) - Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

/** @param {string} text */
function minutes(text) {
  const parts = /^([01][0-9]|2[0-3]):([0-5][0-9])/.exec(text);
  return parts ? Number(parts[1]) * HOUR_MIN + Number(parts[2]) : null;
}

/** @param {number} value */
function mod(value) { return ((value % DAY_MIN) + DAY_MIN) % DAY_MIN; }
