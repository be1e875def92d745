// @ts-check
import { readable, replaceRows, row, setText, show, words, write } from "./dom.js";
import { prepareArrival, showAsked, wireArrival } from "./arrival.js";
import { fill } from "./format.js";
import { play } from "./sound.js";
import { Walk } from "./walk.js";

const ARRIVAL = "arrival-dialog", SOUND = "sound-check-dialog", SCREENED = "screening", LONG = 90, HOLDS = new Set(["BLOCK-HARD", "BLOCK", "HOLD"]);

/** Which control supplies what a pre-flight rule misses: a dialog, or one tap that answers a question with yes. */
/** @type {Record<string, {dialog?: string, item?: string, note?: string, test?: "sound", link?: "order"|"policy"|"consent"|"medicines"|"screening"|"ready"}>} */
const SUPPLIES = {
  "preflight.identity": { dialog: "checkin-dialog" }, "preflight.weight": { dialog: "baseline-dialog" }, "preflight.baseline": { dialog: "baseline-dialog" },
  "preflight.do_not_start": { dialog: "baseline-dialog" }, "preflight.pressure_hold": { dialog: "baseline-dialog", note: "benefit_risk_noted" }, "preflight.would_stop": { dialog: "baseline-dialog" }, "preflight.capnography": { dialog: "baseline-dialog" }, "preflight.alerts": { dialog: "alerts-dialog" },
  "preflight.consent": { item: "consent" }, "preflight.cannula": { dialog: "access-dialog" }, "preflight.access": { dialog: "access-dialog" },
  "preflight.fasting": { dialog: ARRIVAL }, "preflight.escort": { dialog: ARRIVAL }, "preflight.glucose": { dialog: ARRIVAL }, "preflight.toilet": { dialog: ARRIVAL }, "preflight.antiemetic": { dialog: ARRIVAL },
  "preflight.allergies": { dialog: ARRIVAL, item: "allergies_checked" }, "preflight.sober": { dialog: ARRIVAL }, "preflight.interpreter": { dialog: ARRIVAL, item: "interpreter" },
  "preflight.suicide_screen": { dialog: ARRIVAL, item: "suicide_screen" }, "preflight.medicines": { dialog: ARRIVAL, item: "medicines_unchanged", link: "medicines" },
  "preflight.alert_sound": { item: "alert_sound_tested", test: "sound" },
  "preflight.stock": { dialog: "prepare-dialog" }, "preflight.prepared": { dialog: "prepare-dialog" }, "preflight.time_out": { dialog: "timeout-dialog" }, "preflight.dose_check": { dialog: "check-dialog" }, "preflight.agreement": { dialog: "timeout-dialog" },
  "preflight.order": { link: "order" }, "preflight.policy": { link: "policy" },
};

/** A consent that the patient's own ledger speaks of: no tap changes it. @param {any} finding */
function settled(finding) { return finding.rule === "preflight.consent" && finding.state === "fires" && !finding.inputs?.consent; }

/** A finding on the chart: settled on the page of the screening. @param {any} finding */
function screened(finding) { return /^(screening|tests|interactions|medicines)\./.test(finding.rule); }

/** @param {any} finding @returns {(typeof SUPPLIES)[string]} */
function supplied(finding) {
  if (screened(finding)) return { link: "screening" };
  return finding.rule.startsWith("readiness.") || (finding.rule === "preflight.time_home" && finding.state === "unknown") ? { link: "ready" } : SUPPLIES[finding.rule] ?? {};
}

/** What is not known because the baseline lacks it is said once, by the baseline. @param {any[]} group @returns {any[]} */
function said(group) {
  const lacks = group.some((one) => one.rule === "preflight.baseline");
  return lacks ? group.filter((one) => one.state !== "unknown" || ["preflight.baseline", "preflight.weight"].includes(one.rule)) : group;
}

/** What one sheet supplies stands in one row. @param {any[]} missing @returns {any[][]} */
function grouped(missing) {
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const finding of missing) {
    const { dialog, note } = supplied(finding);
    if (screened(finding)) { groups.set(SCREENED, [...(groups.get(SCREENED) ?? []), finding]); continue; }
    const alone = finding.state === "fires" && (note || dialog === ARRIVAL);
    const key = alone ? finding.rule : dialog ?? finding.rule;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()];
}

/** What is missing before the start, each with the button that supplies it. */
export class Preflight {
  /** @param {HTMLElement} root @param {(command: any) => Promise<boolean>} send @param {import("./dialogs.js").Dialogs} dialogs */
  constructor(root, send, dialogs) {
    this.root = root;
    wireArrival(root);
    this.send = send;
    this.dialogs = dialogs;
    this.walk = new Walk(root, () => this.sheets(), (id) => this.open(id));
    this.start = /** @type {HTMLButtonElement} */ (root.querySelector("#start"));
    this.start.addEventListener("click", (event) => this.guard(event), { capture: true });
  }

  /** @param {import("./live.js").Store} store */
  update({ view }) {
    this.view = view;
    showAsked(this.root, view, this.root.dataset.zone ?? "");
    if (!["planned", "checked_in"].includes(view.phase)) return;
    const missing = view.missing ?? [];
    this.holding = missing.filter((/** @type {any} */ finding) => HOLDS.has(finding.action));
    this.start.setAttribute("aria-disabled", String(this.holding.length > 0));
    setText(this.root, "missing_count", missing.length ? fill(words.missing, { n: missing.length }) : "");
    show(this.root.querySelector('[data-part="nothing-missing"]'), missing.length === 0);
    const rows = [...missing, ...(view.offered ?? [])], setting = view.phase === "checked_in" && !view.setting;
    this.walk.offer();
    replaceRows(this.root.querySelector('[data-list="missing"]'), [rows, setting], () => [...grouped(rows).map((group) => this.item(group)), ...(setting ? [this.setting()] : [])]);
  }

  /** @param {Event} event */
  guard(event) {
    if (!this.holding?.length) return;
    event.stopImmediatePropagation();
    this.dialogs.refuse({ code: "preflight_incomplete", why: words.start_holds, findings: this.holding });
  }

  /** The sheets that supply what is missing, in the order of the list; one for each, and one for the sound. @returns {string[]} */
  sheets() {
    const open = (this.view?.missing ?? []).map((/** @type {any} */ finding) => ({ finding, ...supplied(finding) }));
    return [...new Set(open.flatMap((/** @type {any} */ one) => (one.test === "sound" ? [SOUND] : one.dialog ? [one.dialog] : [])))];
  }

  /** @param {any[]} group findings that one control supplies */
  item(group) {
    const [finding] = group, today = SUPPLIES[finding.rule]?.dialog === ARRIVAL && finding.state !== "fires";
    const chart = screened(finding) ? fill(words.screening_open, { n: group.length, first: readable(finding.why) }) : "";
    const why = chart ? chart : today ? fill(words.ask_today, { items: group.map((one) => one.why.split(":")[0]).join(", ") }) : said(group).map((one) => readable(one.why)).join(" ");
    const item = row("row-check", { why });
    item.dataset.rule = group.map((one) => one.rule).join(" ");
    item.classList.toggle("check-wide", why.length > LONG);
    const place = /** @type {HTMLElement} */ (item.querySelector("[data-buttons]"));
    const supply = settled(finding) ? { link: /** @type {const} */ ("consent") } : supplied(finding);
    if (supply.dialog) place.append(this.button(today ? words.ask : words.supply[finding.rule] ?? words.enter, { ...finding, why }, () => this.open(/** @type {string} */ (supply.dialog))));
    if (supply.dialog === ARRIVAL && !today && supply.item) place.append(this.otherButton(finding, supply.item));
    if (supply.note && finding.state === "fires") place.append(this.button(words.benefit_risk, finding, () => this.dialogs.ask("answer-dialog", { item: /** @type {string} */ (supply.note) }, words.benefit_risk_asked)));
    if (supply.link && !today) place.append(this.link(supply.link));
    if (supply.dialog) return item;
    if (supply.test === "sound") place.append(this.soundButton(finding, /** @type {string} */ (supply.item)));
    else if (supply.item) place.append(this.button(words.yes, finding, () => this.answer(/** @type {string} */ (supply.item))));
    if (supply.item) place.append(this.otherButton(finding, supply.item));
    return item;
  }

  /** @param {string} id */
  open(id) {
    this.dialogs.open(id);
    if (id === ARRIVAL) prepareArrival(this.view);
  }

  /** The room: two taps, and nothing waits for it. */
  setting() {
    const item = row("row-check", { why: words.setting_open });
    item.querySelector("[data-buttons]")?.append(this.button(words.setting, { why: words.setting_open }, () => this.dialogs.open("setting-dialog")));
    return item;
  }

  /** @param {"order"|"policy"|"consent"|"medicines"|"screening"|"ready"} to */
  link(to) {
    const link = document.createElement("a");
    link.className = "button";
    link.href = words.links[to][0];
    link.textContent = words.links[to][1];
    return link;
  }

  /** @param {string} item */
  answer(item) { return this.send({ type: "record_preflight", item, answer: "yes" }); }

  /** @param {string} label @param {any} finding @param {() => void} act */
  button(label, finding, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-label", `${label}: ${finding.why}`);
    button.title = finding.resolves_by ?? "";
    button.addEventListener("click", act);
    return button;
  }

  /** @param {any} finding @param {string} item */
  otherButton(finding, item) {
    const button = this.button("…", finding, () => this.dialogs.ask("answer-dialog", { item }, finding.why));
    button.className = "other";
    button.setAttribute("aria-label", `${words.other_answer}: ${finding.why}`);
    return button;
  }

  /** The first tap plays the sound; the second says that it was heard. @param {any} finding @param {string} item */
  soundButton(finding, item) {
    const button = this.button(words.play_sound, finding, async () => {
      if (button.dataset.played) { this.answer(item); return; }
      const heard = await play("T2");
      if (heard) button.dataset.played = "yes"; // what nobody can have heard cannot be answered
      write(button, heard ? words.heard : words.no_sound);
      button.setAttribute("aria-label", `${heard ? words.heard : words.no_sound}: ${finding.why}`);
    });
    return button;
  }
}
