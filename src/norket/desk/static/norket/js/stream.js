// @ts-check
import { setServerNow } from "./clock.js";

const SILENCE_MS = 4000, CHECK_MS = 500;

/**
 * One stream of server-sent events that knows when it is dead. The server speaks every second; after four silent
 * seconds the page says so (within five) and opens a new connection, resuming after the last event that it has.
 */
export class Stream {
  /**
   * @param {string} url
   * @param {Record<string, (data: any) => void>} handlers one for each kind of event
   * @param {(connected: boolean, lastHeard: number) => void} onConnection
   */
  constructor(url, handlers, onConnection) {
    this.url = url;
    this.handlers = handlers;
    this.onConnection = onConnection;
    this.lastId = "";
    this.lastHeard = Date.now();
    /** @type {boolean|undefined} neither, until the first news or four silent seconds */
    this.connected = undefined;
    this.open();
    this.timer = setInterval(() => this.check(), CHECK_MS);
  }

  open() {
    this.opened = Date.now();
    const resume = this.lastId ? `?last_event_id=${encodeURIComponent(this.lastId)}` : "";
    this.source = new EventSource(this.url + resume);
    for (const kind of new Set([...Object.keys(this.handlers), "tick"])) {
      this.source.addEventListener(kind, (event) => this.heard(kind, event));
    }
  }

  /** @param {string} kind @param {MessageEvent} event */
  heard(kind, event) {
    this.lastHeard = Date.now();
    if (event.lastEventId) this.lastId = event.lastEventId;
    const data = JSON.parse(event.data);
    if (kind === "tick") setServerNow(data.now, data.rate);
    this.handlers[kind]?.(data);
    // a sign of life is not yet news: what is shown is old until the server has said it anew
    if (this.connected !== true && kind === "view") { this.connected = true; this.onConnection(true, this.lastHeard); }
  }

  /** Silence, or no server when the page opened. */
  missing() { this.connected = false; this.onConnection(false, this.lastHeard); }

  check() {
    const silent = Date.now() - this.lastHeard;
    if (silent <= SILENCE_MS) return;
    if (this.connected !== false) this.missing();
    if (Date.now() - (this.opened ?? 0) > SILENCE_MS) { this.source?.close(); this.open(); }
  }

  close() { clearInterval(this.timer); this.source?.close(); }
}
