// @ts-check
/** Alert sounds, made here: five quick notes for high priority, three slow ones for medium, nothing for low. */
const PATTERN = { T3: { notes: 5, gap: 0.18, hz: 880, everyMs: 10000 }, T2: { notes: 3, gap: 0.35, hz: 660, everyMs: 25000 } };
const KEPT = "norket-device-sound";
/** @type {AudioContext|undefined} */
let audio;
/** @type {"T2"|"T3"|null} */
let playing = null;
let lastMs = 0;
/** Why nobody is warned here, whatever was paused before. @type {Set<string>} */
const cut = new Set();

/** What this device is: the nurse's own, the station, or the chair, which is silent below high priority. @returns {"mine"|"station"|"chair"} */
export function role() {
  const kept = localStorage.getItem(KEPT);
  return kept === "chair" || kept === "station" ? kept : "mine";
}

/** @param {string} chosen */
export function setRole(chosen) { localStorage.setItem(KEPT, chosen); lastMs = 0; }

/** Whether the browser would let a sound be heard now: it allows none before a touch. */
export function canSound() { return navigator.userActivation?.hasBeenActive !== false && (!audio || audio.state === "running"); }

/** @param {"T2"|"T3"} tier plays once @returns {Promise<boolean>} false where the browser has no sound or forbids it before a touch */
export async function play(tier) {
  if (navigator.userActivation?.hasBeenActive === false) return false;
  audio ??= new AudioContext();
  if (audio.state === "suspended") await Promise.race([audio.resume(), new Promise((done) => setTimeout(done, 300))]);
  if (audio.state !== "running") return false;
  const { notes, gap, hz } = PATTERN[tier];
  for (let i = 0; i < notes; i++) {
    const tone = new OscillatorNode(audio, { frequency: hz, type: "triangle" });
    const volume = new GainNode(audio, { gain: 0.25 });
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + i * gap);
    tone.stop(audio.currentTime + i * gap + gap * 0.6);
  }
  return true;
}

/** @param {"T2"|"T3"|null} tier the highest tier that sounds now */
export function sound(tier) {
  if (tier !== playing) lastMs = 0;
  playing = tier;
}

/** Nobody is warned here: there is no news from the server, or alerts cannot be shown. It sounds on every device.
 * @param {boolean} lost @param {"server"|"alerts"} why */
export function cutOff(lost, why = "server") {
  if (lost === cut.has(why)) return;
  lastMs = 0;
  if (lost) cut.add(why); else cut.delete(why);
  tick();
}

/** @returns {"T2"|"T3"|null} what this device lets be heard now */
function heardHere() {
  if (cut.size) return "T3";
  return playing === "T2" && role() === "chair" ? null : playing;
}

/** Sounds what is due now. The page says what it is, so that a style or a check can see it. */
function tick() {
  const tier = heardHere();
  document.documentElement.dataset.sounds = tier ?? "";
  if (!tier || Date.now() - lastMs < PATTERN[tier].everyMs) return;
  lastMs = Date.now();
  play(tier).then((heard) => { if (!heard) lastMs = 0; });
}
setInterval(tick, 500);
