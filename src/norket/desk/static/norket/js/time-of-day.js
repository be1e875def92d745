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

/** @param {string} text */
function minutes(text) {
  const parts = /^([01][0-9]|2[0-3]):([0-5][0-9])/.exec(text);
  return parts ? Number(parts[1]) * HOUR_MIN + Number(parts[2]) : null;
}

/** @param {number} value */
function mod(value) { return ((value % DAY_MIN) + DAY_MIN) % DAY_MIN; }
