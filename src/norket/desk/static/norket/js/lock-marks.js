// @ts-check
/** What the windows of one browser tell each other of the lock: when it was last touched, that it is locked, and that
 * somebody went on without a password because nobody could check it. */
export const ACTIVE = "norket:active", LOCKED = "norket:locked", UNPROVEN = "norket:unproven";

/** @returns {number} milliseconds since somebody touched this browser */
export function idleSince() { return Date.now() - Number(localStorage.getItem(ACTIVE) ?? 0); }

/** Whether nobody has proven who they are since this browser locked, or since somebody went on without a password. */
export function isUnproven() { return Boolean(localStorage.getItem(UNPROVEN) || localStorage.getItem(LOCKED)); }

const PROVEN = "norket_opened=";
// The server says once, after a sign-in or an unlocked page, that somebody has proven who they are.
if (document.cookie.includes(PROVEN)) {
  for (const key of [LOCKED, UNPROVEN]) localStorage.removeItem(key);
  document.cookie = `${PROVEN}; max-age=0; path=/; samesite=strict`;
}
