// @ts-check
/** The server's time, from the offset of its last tick: a tablet's own clock may be wrong, and tablets sleep. */
let offsetMs = 0;

/** @param {string} now ISO time that the server just sent */
export function setServerNow(now) { offsetMs = Date.parse(now) - Date.now(); }

/** @returns {number} milliseconds since 1970, on the server's clock */
export function serverNow() { return Date.now() + offsetMs; }
