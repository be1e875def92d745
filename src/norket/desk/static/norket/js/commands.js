// @ts-check
import { serverNow } from "./clock.js";

/** Orders that must see the newest version of the session; everything else is a fact and needs none. */
export const EXPECTS_VERSION = new Set(["start_infusion", "change_rate", "give_bolus", "resume", "discharge"]);
/** Facts carry the time of the tap, so that one that arrives late is charted when it happened. */
const KEEPS_TIME = new Set(["pause", "stop_infusion", "record_vitals", "record_score", "record_event", "raise_concern", "note"]);
/** The person is signed out, or signed in anew elsewhere: not an answer to the command, which waits for them. */
const SIGN_IN = 401, CSRF = "csrf";
const RETRY_MS = 1500, RETRY_MAX_MS = 15000, SLOW_MS = 1500, GIVE_UP_MS = 8000;

/**
 * @typedef {{ok: true, events: any[], version: number}} Done
 * @typedef {{ok: false, status: number, refused?: string, why?: string, findings?: any[], version?: number, kept?: boolean}} NotDone
 */

/**
 * Sends commands and keeps each one, with its identifier, until the server has answered: a lost answer is asked for
 * again under the same identifier, and the server does nothing twice. Kept commands survive a reload of the page, and a
 * sign-in that has ended: they go when the same person is back, and never under the name of another.
 */
export class Commands {
  /**
   * @param {string} api @param {string} person @param {string} csrf
   * @param {(pending: {type: string}[]) => void} onPending
   * @param {(command: any, answer: Done|NotDone) => void} onLate what came of a command that was kept from before
   */
  constructor(api, person, csrf, onPending, onLate) {
    this.api = api;
    this.csrf = csrf;
    this.onPending = onPending;
    this.key = `norket:${person}:${api}`;
    /** @type {{id: string, command: any}[]} */
    this.kept = JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
    for (const one of this.kept) this.deliver(one, undefined).then((answer) => onLate(one.command, answer));
  }

  /** @param {any} command @param {number} version the version that the person was looking at @returns {Promise<Done|NotDone>} */
  send(command, version) {
    const at = KEEPS_TIME.has(command.type) && !command.at ? { at: new Date(serverNow()).toISOString() } : {};
    const one = { id: crypto.randomUUID(), command: { ...command, ...at } };
    const expected = EXPECTS_VERSION.has(command.type) ? version : undefined;
    if (expected === undefined) this.keep(one);
    return this.deliver(one, expected);
  }

  /** @param {{id: string, command: any}} one @param {number|undefined} expected @returns {Promise<Done|NotDone>} */
  async deliver(one, expected) {
    const waiting = () => this.onPending([...this.kept.map((kept) => kept.command), ...(expected === undefined ? [] : [one.command])]);
    for (let attempt = 0; ; attempt++) {
      const slow = setTimeout(waiting, SLOW_MS);
      try {
        const answer = await this.post(one, expected);
        if (answer.status < 500) return this.settle(one, await this.read(answer), expected === undefined);
      } catch (error) {
        const cut = error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError");
        if (!cut) throw error; // fetch says TypeError when the network is gone
      } finally {
        clearTimeout(slow);
      }
      waiting();
      await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MS * 2 ** attempt, RETRY_MAX_MS)));
    }
  }

  /** @param {{id: string, command: any}} one @param {Done|NotDone} answer @param {boolean} keeps @returns {Done|NotDone} */
  settle(one, answer, keeps) {
    if (keeps && !answer.ok && (answer.status === SIGN_IN || answer.refused === CSRF)) {
      this.onPending(this.kept.map((kept) => kept.command));
      return { ...answer, kept: true };
    }
    this.forget(one.id);
    return answer;
  }

  /** @param {{id: string, command: any}} one @param {number|undefined} expected */
  post(one, expected) {
    /** @type {Record<string, string>} */
    const headers = { "content-type": "application/json", "idempotency-key": one.id, "x-csrftoken": this.csrf };
    if (expected !== undefined) headers["if-match"] = String(expected);
    return fetch(`${this.api}/commands`, { method: "POST", headers, body: JSON.stringify(one.command), credentials: "same-origin", signal: AbortSignal.timeout(GIVE_UP_MS) });
  }

  /** @param {Response} answer @returns {Promise<Done|NotDone>} */
  async read(answer) {
    const isJson = (answer.headers.get("content-type") ?? "").includes("json");
    const data = isJson ? await answer.json() : {};
    return answer.ok ? { ok: true, events: data.events ?? [], version: data.version } : { ok: false, status: answer.status, ...data };
  }

  /** @param {{id: string, command: any}} one */
  keep(one) { this.kept.push(one); this.save(); }

  /** @param {string} id */
  forget(id) { this.kept = this.kept.filter((one) => one.id !== id); this.save(); this.onPending(this.kept.map((one) => one.command)); }

  save() { sessionStorage.setItem(this.key, JSON.stringify(this.kept)); }
}
