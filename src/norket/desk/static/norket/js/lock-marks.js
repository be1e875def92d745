// @ts-check
import { vault } from "./vault.js";

/** What the windows of one browser tell each other of the lock: when it was last touched, that it is locked, that somebody
 * went on without a password because nobody could check it, and who has proven themselves last. */
export const ACTIVE = "norket:active", LOCKED = "norket:locked", UNPROVEN = "norket:unproven", PERSON = "norket:person";
/** On which a window says to the others that its person has signed out; it does not hear itself, and wipes in peace. */
export const signedOut = new BroadcastChannel("norket:signed-out");

/** @returns {number} milliseconds since somebody touched this browser */
export function idleSince() { return Date.now() - Number(localStorage.getItem(ACTIVE) ?? 0); }

/** Whether nobody has proven who they are since this browser locked, or since somebody went on without a password. */
export function isUnproven() { return Boolean(localStorage.getItem(UNPROVEN) || localStorage.getItem(LOCKED)); }

/** Whether this browser has another person's hands now than those the page was made for. @param {string} [person] whose page it is */
export function isAnothers(person) {
  const now = localStorage.getItem(PERSON);
  return Boolean(now && person && now !== person);
}

/** Somebody has proven who they are. What the one before them saw goes from this browser; what they did waits for them.
 * @param {string} person @returns {Promise<void>} */
export function proven(person) {
  const same = localStorage.getItem(PERSON) === person;
  localStorage.setItem(PERSON, person);
  return same ? Promise.resolve() : vault.forgetViews().catch(() => undefined); // a browser that keeps nothing has nothing to forget
}

const PROVEN = "norket_opened=";
// The server says once, after a sign-in or an unlocked page, that somebody has proven who they are.
const said = document.cookie.split("; ").find((one) => one.startsWith(PROVEN))?.slice(PROVEN.length);
/** Nothing is kept of this page before what was kept for somebody else is gone. */
export const forgotten = said ? proven(said) : Promise.resolve();
if (said) {
  for (const key of [LOCKED, UNPROVEN]) localStorage.removeItem(key);
  document.cookie = `${PROVEN}; max-age=0; path=/; samesite=strict`;
}
