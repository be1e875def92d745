// @ts-check
import { serverNow } from "./clock.js";
import { newest } from "./csrf.js";
import { carriesTime, EXPIRES_MS, isOrder, isUrgent, seesVersion } from "./kinds.js";
import { vault } from "./vault.js";

/** The person is signed out, signed in anew elsewhere, somebody else is signed in, or the screen is locked: no answer to the command, which waits for them. */
const SIGN_IN = 401, LOCKED = 423, CSRF = "csrf", ANOTHER = "another_person";
const RETRY_MS = 1000, RETRY_MAX_MS = 8000, SLOW_MS = 1500, GIVE_UP_MS = 8000, FRESH_MS = 10000, KEEP_MS = 300, BROKEN = 5;

/**
 * @typedef {{ok: true, events: any[], version: number}} Done
 * @typedef {{ok: false, status: number, refused?: string, why?: string, findings?: any[], version?: number, meanwhile?: any[], kept?: boolean}} NotDone
 * @typedef {{id: string, command: any, tapped: number, given: string, expected?: number, n?: number, failures?: number, tried?: boolean, sending?: boolean, unproven?: boolean, open?: NotDone}} Kept
 * `unproven`: given at a locked screen where nobody could check a password; a person decides about it once one is proven.
 * `open` is why a person has to decide about it; nothing sends it by itself any more.
 */

/** @param {number} ms */
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
/** @param {unknown} error whether the network went away; anything else is a fault of ours */
const isCut = (error) => error instanceof TypeError || error instanceof SyntaxError || (error instanceof DOMException && error.name === "TimeoutError");

/**
 * The log of commands: each one is on disk, with its identifier, before it is sent, and stays there until the server has
 * answered. A lost answer is asked for again under the same identifier, and the server does nothing twice. One goes after
 * the other in the order of the taps; stop, pause and help go before all. An order that nobody answered expires: it is
 * looked for in the ledger and never sent late by itself.
 */
export class Commands {
  /**
   * @param {string} api @param {string} person @param {string} csrf
   * @param {{pending: (kept: Kept[]) => void, late: (command: any, answer: Done|NotDone) => void, open: (kept: Kept[]) => void, unproven?: () => boolean}} on
   */
  constructor(api, person, csrf, on) {
    this.api = api;
    this.person = person;
    this.csrf = csrf;
    this.on = on;
    this.place = `${person}:${api}`;
    /** @type {Kept[]} */
    this.kept = [];
    /** @type {Map<string, (answer: Done|NotDone) => void>} */
    this.asked = new Map();
    this.channel = new BroadcastChannel(`norket:${this.place}`);
    this.channel.onmessage = ({ data }) => this.heard(data);
    addEventListener("online", () => this.drain());
    setInterval(() => this.expire(), SLOW_MS);
    this.drain();
  }

  /** @param {any} command @param {number} version the version that the person was looking at @returns {Promise<Done|NotDone>} */
  async send(command, version) {
    const given = new Date(serverNow()).toISOString(), at = carriesTime(command) && !command.at ? { at: given } : {};
    /** @type {Kept} */
    const one = { id: crypto.randomUUID(), command: { ...command, ...at }, tapped: Date.now(), given, ...(seesVersion(command) ? { expected: version } : {}), ...(!isUrgent(command) && this.on.unproven?.() ? { unproven: true } : {}) };
    this.kept.push(one);
    const written = this.keep(one);
    await (isUrgent(command) ? Promise.race([written, pause(KEEP_MS)]) : written);
    /** @type {Promise<Done|NotDone>} */
    const answer = new Promise((done) => this.asked.set(one.id, done));
    if (isUrgent(command)) this.attempt(one).then((later) => later && this.drain()); else this.drain();
    return answer;
  }

  /** On disk; a browser that keeps nothing sends all the same. @param {Kept} one */
  async keep(one) {
    try {
      one.n = await vault.append(this.place, bare(one));
      this.channel.postMessage({ kept: one.id });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      console.warn("this browser keeps no commands", error.name);
    }
  }

  /** Sends what is kept, one after the other; of several windows of one session only one sends. */
  async drain() {
    this.wake?.();
    if (this.draining || this.held) return;
    this.draining = true;
    await navigator.locks.request(`norket:${this.place}`, async () => {
      await this.reload();
      for (let wait = RETRY_MS, one = this.first(); one && !this.held; one = this.first()) {
        if (!(await this.attempt(one))) { wait = RETRY_MS; continue; }
        await Promise.race([pause(wait), new Promise((done) => { this.wake = done; })]);
        wait = Math.min(wait * 2, RETRY_MAX_MS);
      }
    });
    this.draining = false;
    if (this.first() && !this.held) this.drain();
  }

  /** The next one to send. @returns {Kept|undefined} */
  first() {
    this.expire();
    this.disown();
    const ready = this.kept.filter((one) => !one.open && !one.sending && !one.unproven);
    return ready.find((one) => isUrgent(one.command)) ?? ready[0];
  }

  /** Reads the log again: another window may have added to it. */
  async reload() {
    const rows = await vault.list(this.place).catch(() => []);
    const known = new Set(this.kept.map((one) => one.id)), before = rows.filter(({ value }) => !known.has(value.id)).map(({ n, value }) => ({ ...value, n, tried: true }));
    this.kept = [...before, ...this.kept].sort((a, b) => (a.n ?? Infinity) - (b.n ?? Infinity));
    this.told();
    if (before.some((one) => one.open)) this.on.open(this.kept.filter((each) => each.open)); // left open by a page that is gone
  }

  /** @param {Kept} one @returns {Promise<boolean>} whether it has to be tried again later */
  async attempt(one) {
    const slow = setTimeout(() => this.told(), SLOW_MS);
    one.sending = true;
    try {
      const answer = await this.post(one);
      if (answer.status < 500) { await this.settle(one, await this.read(answer)); return false; }
      one.failures = (one.failures ?? 0) + (answer.status === 500 ? 1 : 0);
      if (one.failures >= BROKEN) { await this.leaveOpen(one, { ok: false, status: answer.status }); return false; }
    } catch (error) {
      if (!isCut(error)) throw error; // fetch says TypeError when the network is gone
    } finally {
      clearTimeout(slow);
      one.sending = false;
    }
    one.tried = true;
    this.told();
    return true;
  }

  /** @param {Kept} one @param {Done|NotDone} answer */
  async settle(one, answer) {
    if (!this.kept.includes(one)) return; // the stream brought it before the answer came
    if (!answer.ok && (answer.status === SIGN_IN || answer.status === LOCKED || answer.refused === CSRF || answer.refused === ANOTHER)) {
      this.held = true;
      one.tried = true;
      this.told();
      this.tell(one, { ...answer, kept: true });
      return;
    }
    const late = !this.asked.has(one.id) || Date.now() - one.tapped > FRESH_MS;
    if (!answer.ok && (answer.refused === "stale" || late)) return this.leaveOpen(one, answer);
    await this.forget(one, answer);
    this.tell(one, answer);
  }

  /** A person decides about it: it stays, and nothing sends it. @param {Kept} one @param {NotDone} answer */
  async leaveOpen(one, answer) {
    one.open = answer;
    if (one.n !== undefined) await vault.replace(one.n, this.place, bare(one)).catch(() => undefined);
    this.told();
    this.asked.get(one.id)?.({ ...answer, kept: true });
    this.asked.delete(one.id);
    this.on.open(this.kept.filter((each) => each.open));
  }

  /** An order that nobody answered in time is not sent any more. */
  expire() {
    const late = this.kept.filter((one) => !one.open && isOrder(one.command) && Date.now() - one.tapped > EXPIRES_MS);
    for (const one of late) this.leaveOpen(one, { ok: false, status: 0, refused: "order_expired" });
  }

  /** Somebody has proven who they are: what was given here before that is for them to decide. */
  disown() {
    if (this.on.unproven?.()) return;
    for (const one of this.kept.filter((each) => each.unproven && !each.open)) this.leaveOpen(one, { ok: false, status: 0, refused: "unproven" });
  }

  /** The ledger says that these were done, whatever became of their answers. @param {any[]} events */
  seen(events) {
    for (const one of this.kept.filter((kept) => events.some((event) => event.command_id === kept.id))) {
      const mine = events.filter((event) => event.command_id === one.id);
      this.settle(one, { ok: true, events: mine, version: mine[mine.length - 1].n });
    }
  }

  /** A person's decision: once more, as a new command, on what the session is now. @param {string} id @param {number} version */
  async again(id, version) {
    const one = this.kept.find((kept) => kept.id === id && kept.open);
    if (!one) return;
    await this.drop(id);
    return this.send(one.command, version);
  }

  /** @param {string} id */
  async drop(id) {
    const one = this.kept.find((kept) => kept.id === id);
    if (one) await this.forget(one, { ok: false, status: 0, refused: "dropped" });
  }

  /** @param {Kept} one @param {Done|NotDone} answer */
  async forget(one, answer) {
    this.kept = this.kept.filter((kept) => kept !== one);
    if (one.n !== undefined) await vault.drop("log", one.n).catch(() => undefined);
    this.channel.postMessage({ done: one.id, answer });
    this.wake?.();
    this.told();
    this.on.open(this.kept.filter((each) => each.open));
  }

  /** @param {Kept} one @param {Done|NotDone} answer */
  tell(one, answer) {
    const waits = this.asked.get(one.id);
    this.asked.delete(one.id);
    if (waits) waits(answer); else this.on.late(one.command, answer);
  }

  /** What another window of this session says. @param {{kept?: string, done?: string, answer?: Done|NotDone}} said */
  heard({ kept, done, answer }) {
    if (kept && !this.kept.some((one) => one.id === kept)) this.reload().then(() => this.drain());
    if (!done || !answer) return;
    this.kept = this.kept.filter((one) => one.id !== done);
    this.asked.get(done)?.(answer);
    this.asked.delete(done);
    this.told();
  }

  /** The person is back: what waited for them goes. */
  release() { this.held = false; this.drain(); }

  told() {
    const now = Date.now();
    this.on.pending(this.kept.filter((one) => !one.open && (one.tried || one.unproven || now - one.tapped >= SLOW_MS)));
  }

  /** @param {Kept} one */
  post(one) {
    /** @type {Record<string, string>} */
    const headers = { "content-type": "application/json", "idempotency-key": one.id, "x-csrftoken": newest(this.csrf), "norket-person": this.person };
    if (one.expected !== undefined) headers["if-match"] = String(one.expected);
    if (isOrder(one.command)) headers["norket-given-at"] = one.given;
    return fetch(`${this.api}/commands`, { method: "POST", headers, body: JSON.stringify(one.command), credentials: "same-origin", signal: AbortSignal.timeout(GIVE_UP_MS) });
  }

  /** @param {Response} answer @returns {Promise<Done|NotDone>} */
  async read(answer) {
    const isJson = (answer.headers.get("content-type") ?? "").includes("json");
    const data = isJson ? await answer.json() : {};
    return answer.ok ? { ok: true, events: data.events ?? [], version: data.version } : { ok: false, status: answer.status, ...data };
  }
}

/** As it is written down: without what this window knows of it. @param {Kept} one */
function bare({ id, command, tapped, given, expected, unproven, open }) { return { id, command, tapped, given, expected, unproven, open }; }
