// @ts-check
/** The server's time: its last tick and the rate of its clock. A tablet's own clock may be wrong, and tablets sleep. */
let heardMs = Date.now(), saidMs = Date.now(), pace = 1;

/** @param {string} now ISO time that the server just sent @param {number} [rate] how many seconds pass there in one here (1 outside rehearsals) */
export function setServerNow(now, rate = pace) { heardMs = Date.now(); saidMs = Date.parse(now); pace = rate; }

/** @returns {number} milliseconds since 1970, on the server's clock */
export function serverNow() { return saidMs + (Date.now() - heardMs) * pace; }
