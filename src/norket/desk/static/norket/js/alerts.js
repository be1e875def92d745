// @ts-check
import { field, replaceRows, row, setText, show, sourceRows, words, write } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { clock, fill } from "./format.js";
import { sound } from "./sound.js";

/** @param {any} alert */
function waits(alert) { return Boolean(alert) && !alert.acknowledged_by; }

/** The open alerts: the worst one in the line under the header, all of them in a list, and the sound. */
export class Alerts {
  /** @param {HTMLElement} root @param {string} zone @param {(command: any) => Promise<boolean>} send */
  constructor(root, zone, send) {
    this.root = root;
    this.zone = zone;
    this.send = send;
    this.button = /** @type {HTMLButtonElement} */ (root.querySelector("#acknowledge"));
    this.button.addEventListener("click", () => this.next && this.acknowledge(this.next));
  }

  /** @param {any} alert */
  acknowledge(alert) { return this.send({ type: "acknowledge_alert", alert_id: alert.alert_id }); }

  /** @param {import("./live.js").Store} store */
  update({ view }) {
    const open = view.alerts.filter((/** @type {any} */ alert) => alert.open);
    const worst = open.filter((/** @type {any} */ alert) => alert.tier === open[0]?.tier);
    this.first = worst.find(waits) ?? open[0];
    this.next = waits(this.first) ? this.first : open.find(waits);
    this.line(open);
    replaceRows(this.root.querySelector('[data-list="alerts"]'), view.alerts.map((/** @type {any} */ a) => [a.alert_id, a.open, a.acknowledged_at, a.why, a.escalation_step]), () => view.alerts.map((/** @type {any} */ alert) => this.item(alert)));
    const sounding = open.filter((/** @type {any} */ alert) => alert.sounding);
    sound(sounding.some((/** @type {any} */ a) => a.tier === "T3") ? "T3" : sounding.some((/** @type {any} */ a) => a.tier === "T2") ? "T2" : null);
  }

  /** @param {any[]} open */
  line(open) {
    const top = /** @type {HTMLElement} */ (this.root.querySelector('[data-part="alert-top"]'));
    const { first } = this;
    show(top, Boolean(first));
    show(this.root.querySelector('[data-part="alert-none"]'), !first);
    if (!first) return;
    top.dataset.tier = first.tier;
    setText(this.root, "alert_advice", `${words.tiers[first.tier]}: ${first.advice || first.why}`);
    setText(this.root, "alert_why", first.advice ? `${first.why}${first.figure ? ` (${first.figure})` : ""}` : first.figure);
    setElapsed(field(this.root, "alert_age"), { since: first.raised_at });
    write(this.root.querySelector('[data-part="alert-more"]'), open.length > 1 ? fill(words.more_alerts, { n: open.length }) : words.why_alert);
    this.button.disabled = !this.next;
    const other = this.next && this.next !== first ? fill(words.acknowledge_other, { tier: words.tiers[this.next.tier] }) : words.acknowledge;
    write(this.button, this.next ? other : words.acknowledged);
  }

  /** @param {any} alert */
  item(alert) {
    const state = !alert.open ? fill(words.cleared_at, { at: clock(alert.cleared_at, this.zone) }) : alert.acknowledged_by ? fill(words.paused_until, { at: clock(alert.paused_until, this.zone), who: words.people[alert.acknowledged_by] ?? alert.acknowledged_by }) : words.waiting;
    const item = row("row-alert", {
      "tier-name": words.tiers[alert.tier], advice: alert.advice || alert.why, why: alert.advice ? alert.why : "",
      when: clock(alert.raised_at, this.zone), state, rule: alert.rule, figure: alert.figure,
    });
    /** @type {HTMLElement} */ (item.querySelector("[data-tier-mark]")).dataset.tier = alert.tier;
    item.querySelector("[data-sources]")?.replaceChildren(...sourceRows(alert.sources ?? []));
    const button = /** @type {HTMLButtonElement} */ (item.querySelector("[data-acknowledge]"));
    button.hidden = !alert.open || Boolean(alert.acknowledged_by);
    button.setAttribute("aria-label", `${words.acknowledge}: ${alert.why}`);
    button.addEventListener("click", () => this.acknowledge(alert));
    return item;
  }
}
