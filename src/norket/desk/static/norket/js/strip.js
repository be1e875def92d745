// @ts-check
import { field, replaceRows, row, setText, words } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { clock, clockOn, fill } from "./format.js";
import { describe } from "./ledger.js";

const RECENT = 2;

/** The header's last and next, what is due, and the latest events. */
export class Strip {
  /** @param {HTMLElement} root @param {string} zone */
  constructor(root, zone) { this.root = root; this.zone = zone; }

  /** @param {import("./live.js").Store} store */
  update({ view, events, standing, queued = [] }) {
    const kept = new Set(standing.map((event) => event.n));
    const told = (/** @type {any} */ event) => (kept.has(event.n) || event.type === "corrected" ? describe(event) : fill(words.taken_back, { what: describe(event) }));
    setText(this.root, "phase", words.phases[view.phase] ?? view.phase);
    setElapsed(field(this.root, "phase_elapsed"), { since: view.phase === "planned" ? null : view.phase_since });
    const waits = queued[queued.length - 1], last = waits ?? view.last;
    setText(this.root, "last_at", last ? clock(last.at, this.zone) : "");
    setText(this.root, "last_text", last ? last.text : words.nothing_yet);
    this.root.querySelector(".head-last")?.toggleAttribute("data-queued", Boolean(waits));
    setText(this.root, "monitors", (view.devices ?? []).join(", ") || words.no_monitor);
    const now = Date.parse(view.now), shown = events.filter((event) => event.type !== "session_planned");
    replaceRows(this.root.querySelector('[data-list="recent"]'), [events.length, queued], () => [...this.queued(queued), ...shown.slice(-RECENT).reverse().map((event) => row("row-recent", { at: clockOn(event.at, this.zone, now), text: told(event) }))].slice(0, RECENT));
    replaceRows(this.root.querySelector('[data-list="ledger"]'), events.map((event) => event.n), () => [...events].reverse().map((event) => row("row-ledger", { n: String(event.n), at: clockOn(event.at, this.zone, now), text: told(event), by: words.people[event.by] ?? event.by })));
    this.next(view.next ?? []);
  }

  /** What is not in the record yet stands before what is. @param {{at: string, text: string}[]} queued */
  queued(queued) {
    return [...queued].reverse().map(({ at, text }) => { const item = row("row-recent", { at: clock(at, this.zone), text }); item.dataset.queued = ""; return item; });
  }

  /** @param {any[]} next */
  next(next) {
    const first = next.find((one) => one.overdue_s > 0) ?? next[0]; // a door that has opened hides nothing that is late
    setText(this.root, "next_text", first ? first.label : words.nothing_due);
    const at = field(this.root, "next_at");
    if (at) at.textContent = first?.due_at ? clock(first.due_at, this.zone) : "";
    this.root.querySelector(".head-next")?.toggleAttribute("data-late", (first?.overdue_s ?? 0) > 0);
    replaceRows(this.root.querySelector('[data-list="next"]'), next.map((one) => [one.label, one.due_at, one.overdue_s > 0]), () => next.map((one) => {
      const item = row("row-next", { label: one.label });
      item.toggleAttribute("data-late", one.overdue_s > 0);
      setElapsed(item.querySelector("[data-due]"), { until: one.due_at });
      return item;
    }));
  }
}
