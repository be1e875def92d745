// @ts-check
import { field, replaceRows, row, show, words, write } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { clock, figure, fill } from "./format.js";

/** The limits of this patient and a walk off the monitor: both stand in one line above the chart while they count. */
export class OwnLimits {
  /** @param {HTMLElement} root @param {string} zone @param {(command: any) => Promise<boolean>} send */
  constructor(root, zone, send) { this.root = root; this.zone = zone; this.send = send; }

  /** @param {import("./live.js").Store} store */
  update({ view }) {
    const limits = view.limits ?? [], away = view.off_monitor;
    const { root } = this;
    show(root.querySelector('[data-part="own-line"]'), limits.length > 0 || Boolean(away));
    show(root.querySelector('[data-part="away"]'), Boolean(away));
    for (const button of root.querySelectorAll("#off-monitor")) show(button, !away);
    for (const button of root.querySelectorAll("#on-monitor")) show(button, Boolean(away));
    setElapsed(field(root, "away_until"), { until: away?.until ?? null });
    show(root.querySelector('[data-part="own-limits"]'), limits.length > 0);
    write(field(root, "own_limits"), limits.map((/** @type {any} */ one) => this.said(one)).join(" · "));
    show(root.querySelector('[data-part="no-limits"]'), !limits.length);
    replaceRows(root.querySelector('[data-list="limits"]'), limits, () => limits.map((/** @type {any} */ one) => this.item(one)));
  }

  /** @param {any} one */
  said(one) {
    return fill(words.own_limit, { sign: words.signs[one.channel] ?? one.channel, side: one.high ? "≥" : "≤", value: figure(one.value, 1), unit: one.unit, clinic: figure(one.clinic, 1) });
  }

  /** @param {any} one */
  item(one) {
    const until = one.expires_at ? fill(words.own_limit_until, { at: clock(one.expires_at, this.zone) }) : words.own_limit_open;
    const item = row("row-limit", { "tier-name": words.tiers[one.tier], what: this.said(one), who: [words.people[one.by] ?? one.by, one.reason, until].filter(Boolean).join(" · ") });
    /** @type {HTMLElement} */ (item.querySelector("[data-tier-mark]")).dataset.tier = one.tier;
    item.querySelector("[data-back]")?.addEventListener("click", () => this.send({ type: "set_limit", rule: one.rule }));
    return item;
  }
}
