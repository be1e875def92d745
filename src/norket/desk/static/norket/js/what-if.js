// @ts-check
import { serverNow } from "./clock.js";
import { readPrediction } from "./chart-curve.js";
import { words, write } from "./dom.js";
import { clock, figure, fill, parseNumber } from "./format.js";

const IDLE_MS = 400;
/** What each sheet asks the engine to try; nothing of it is written. @type {Record<string, [string, string]>} */
const TRIALS = { change_rate: ["rate_ml_h", "rate_ml_h"], give_bolus: ["amount_mg", "bolus_mg"] };
/** @type {WeakMap<HTMLFormElement, number>} */
const waiting = new WeakMap();

/** Says in a sheet where the predicted level would go, a moment after the last digit.
 * @param {HTMLFormElement} form @param {{api: string, csrf: string, zone: string}} session @param {import("./live.js").Store|undefined} store */
export function tryOut(form, session, store) {
  const place = form.querySelector("[data-what-if]"), trial = TRIALS[form.dataset.command ?? ""];
  if (!place || !trial) return;
  clearTimeout(waiting.get(form));
  const value = parseNumber(/** @type {HTMLInputElement} */ (form.querySelector(`[name="${trial[0]}"]`)).value);
  write(place, "");
  if (value === null || !store?.prediction?.times_min) return;
  waiting.set(form, window.setTimeout(() => ask(place, { [trial[1]]: value }, session, store), IDLE_MS));
}

/** @param {Element} place @param {Record<string, number>} change @param {{api: string, csrf: string, zone: string}} session @param {import("./live.js").Store} store */
async function ask(place, change, { api, csrf, zone }, store) {
  const headers = { "content-type": "application/json", "x-csrftoken": csrf };
  const answer = await fetch(`${api}/what-if`, { method: "POST", headers, body: JSON.stringify(change), credentials: "same-origin" });
  if (!answer.ok) return;
  const then = peak(await answer.json()), now = peak(store.prediction);
  if (then && now) write(place, fill(words.what_if, { peak: figure(then.value, 0), low: figure(then.low, 0), high: figure(then.high, 0), at: clock(then.at, zone), now: figure(now.value, 0) }));
}

/** The highest median from now on. @param {any} prediction */
function peak(prediction) {
  const curve = readPrediction(prediction);
  if (!curve) return null;
  let best = -1;
  curve.times.forEach((at, i) => { if (at * 1000 >= serverNow() && (best < 0 || curve.ketamine.p50[i] > curve.ketamine.p50[best])) best = i; });
  return best < 0 ? null : { value: curve.ketamine.p50[best], low: curve.ketamine.p5[best], high: curve.ketamine.p95[best], at: curve.times[best] * 1000 };
}
