// @ts-check
import { row, show, words, write } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { clock, figure, fill } from "./format.js";
import { RosterKept } from "./keep.js";
import { Stream } from "./stream.js";

const BEFORE = ["planned", "checked_in"], DAY_MS = 86400000;

/** The board of chairs, live: one card for each session, in the order of the server. */
class NorketBoard extends HTMLElement {
  connectedCallback() {
    const { stream = "", zone = "" } = this.dataset;
    this.zone = zone;
    this.list = this.querySelector('[data-list="cards"]');
    this.roster = new RosterKept();
    this.stream = new Stream(stream, { view: (cards) => this.update(cards) }, (connected) => show(this.querySelector('[data-part="not-connected"]'), !connected));
  }

  disconnectedCallback() { this.stream?.close(); }

  /** @param {any[]} cards */
  update(cards) {
    this.roster?.seen(cards.map((card) => `${card.session} ${card.view?.phase}`).join());
    const today = cards.filter((card) => !card.view || card.view.phase !== "planned" || Date.parse(card.planned_for) - Date.parse(card.view.now) < DAY_MS / 2);
    const wanted = today.map((card) => {
      const item = this.querySelector(`[data-session="${CSS.escape(card.session)}"][data-live]`) ?? this.fresh(card);
      this.fill(/** @type {HTMLElement} */ (item), card);
      return item;
    });
    const present = [...(this.list?.children ?? [])];
    if (present.length !== wanted.length || present.some((item, i) => item !== wanted[i])) this.list?.replaceChildren(...wanted);
  }

  /** @param {any} card */
  fresh(card) {
    const item = row("row-card", {});
    item.dataset.session = card.session;
    item.dataset.live = "";
    const link = item.querySelector("a[data-link]"); // behind the lock a card leads nowhere
    link?.setAttribute("href", `/sessions/${card.session}/`);
    return item;
  }

  /** @param {HTMLElement} item @param {any} card */
  fill(item, card) {
    const { view, patient } = card, put = (/** @type {string} */ name, /** @type {string} */ text) => write(item.querySelector(`[data-${name}]`), text);
    put("chair", card.chair ?? "–"); put("name", patient.name); put("mrn", patient.mrn); put("born", patient.birth_date ? day(patient.birth_date) : "");
    const { number, of } = card.session_of_plan;
    put("place", fill(of ? words.session : words.session_alone, { n: number, of: of ?? "" }));
    const same = item.querySelector("[data-same]"); // behind the lock nobody is named
    show(same, Boolean(card.namesake));
    write(same, card.namesake ? `≡ ${words.same[card.namesake]}` : "");
    item.toggleAttribute("data-broken", !view);
    if (!view) { this.broken(item, card.fault); return; }
    put("phase", words.phases[view.phase] ?? view.phase);
    setElapsed(item.querySelector("[data-elapsed]"), { since: view.phase === "planned" ? null : view.phase_since, until: view.phase === "planned" ? card.planned_for : null, before: view.phase === "planned" && Date.parse(card.planned_for) > Date.parse(view.now) ? words.in_time : null });
    put("dose", view.phase === "planned" ? fill(words.planned_for, { at: clock(card.planned_for, this.zone ?? "") }) : dose(view));
    this.alert(item, view.alerts.filter((/** @type {any} */ alert) => alert.open));
    const late = view.next.filter((/** @type {any} */ due) => due.overdue_s > 0), next = late[0] ?? view.next[0], missing = view.missing.length;
    put("next", BEFORE.includes(view.phase) && missing ? fill(words.missing, { n: missing }) : next ? next.label : missing ? fill(words.gates, { n: missing }) : words.nothing_due);
    setElapsed(item.querySelector("[data-due]"), { until: next && !BEFORE.includes(view.phase) ? next.due_at : null });
    item.toggleAttribute("data-late", late.length > 0);
    this.beside(item, late.slice(1), view.dosing?.site_failed_at);
  }

  /** What else is late, and a cannula that failed and that nobody has found well since. @param {HTMLElement} item @param {any[]} late @param {string|null|undefined} failed */
  beside(item, late, failed) {
    const also = item.querySelector("[data-also]"), site = item.querySelector("[data-site]");
    show(also, late.length > 0);
    write(also, late.length ? fill(words.also_late, { what: late.map((due) => due.label).join(", ") }) : "");
    show(site, Boolean(failed));
    write(site, failed ? fill(words.site_failed, { at: clock(failed, this.zone ?? "") }) : "");
  }

  /** A chair whose record cannot be folded is the one to go to; what it showed before is taken away. @param {HTMLElement} item @param {string} fault */
  broken(item, fault) {
    write(item.querySelector("[data-phase]"), words.cannot_show);
    for (const name of ["dose", "next", "tier-name"]) write(item.querySelector(`[data-${name}]`), "");
    for (const name of ["elapsed", "due"]) setElapsed(item.querySelector(`[data-${name}]`), { since: null, until: null });
    show(item.querySelector("[data-tier-mark]"), false);
    item.dataset.tier = "T3";
    item.removeAttribute("data-late");
    this.beside(item, [], null);
    write(item.querySelector("[data-alert-text]"), fill(words.broken, { fault }));
  }

  /** @param {HTMLElement} item @param {any[]} open */
  alert(item, open) {
    const [worst] = open, mark = /** @type {HTMLElement} */ (item.querySelector("[data-tier-mark]"));
    show(mark, Boolean(worst));
    if (worst) { mark.dataset.tier = worst.tier; item.dataset.tier = worst.tier; } else { delete item.dataset.tier; }
    write(item.querySelector("[data-tier-name]"), worst ? words.tiers[worst.tier] : "");
    const more = open.length > 1 ? ` (+${open.length - 1})` : "";
    write(item.querySelector("[data-alert-text]"), worst ? (worst.advice || worst.why || words.look) + (worst.acknowledged_by ? ` · ${words.acknowledged}` : "") + more : words.no_alerts);
  }
}
/** @param {any} view */
function dose(view) {
  if (!view.order) return words.no_order;
  const of = figure(view.order.amount_mg, 1);
  if (BEFORE.includes(view.phase)) return fill(words.ordered, { of });
  return fill(view.running ? words.delivered_running : words.delivered, { mg: figure(view.delivered_mg, 1), of, rate: figure(view.rate_ml_h, 1) });
}

/** @param {string} iso a date without a time @returns {string} 12 Mar 1984 */
function day(iso) { return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(new Date(iso)); }

customElements.define("norket-board", NorketBoard);
