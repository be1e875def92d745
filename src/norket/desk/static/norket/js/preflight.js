// @ts-check
import { readable, replaceRows, row, setText, show, words, write } from "./dom.js";
import { fill } from "./format.js";
import { play } from "./sound.js";

const LONG = 90, HOLDS = new Set(["BLOCK-HARD", "BLOCK", "HOLD"]);

/** Which control supplies what a pre-flight rule misses: a dialog, or one tap that answers a question with yes. */
/** @type {Record<string, {dialog?: string, item?: string, note?: string, test?: "sound", link?: "order"|"policy"|"consent"}>} */
const SUPPLIES = {
  "preflight.identity": { dialog: "checkin-dialog" }, "preflight.weight": { dialog: "baseline-dialog" }, "preflight.baseline": { dialog: "baseline-dialog" },
  "preflight.do_not_start": { dialog: "baseline-dialog" }, "preflight.pressure_hold": { dialog: "baseline-dialog", note: "benefit_risk_noted" }, "preflight.would_stop": { dialog: "baseline-dialog" }, "preflight.alerts": { dialog: "alerts-dialog" },
  "preflight.consent": { item: "consent" }, "preflight.fasting": { item: "fasting" }, "preflight.escort": { item: "escort_booked" },
  "preflight.allergies": { item: "allergies_checked" }, "preflight.cannula": { item: "cannula_in" }, "preflight.glucose": { item: "glucose_checked" },
  "preflight.interpreter": { item: "interpreter" }, "preflight.toilet": { item: "toilet_offered" },
  "preflight.alert_sound": { item: "alert_sound_tested", test: "sound" },
  "preflight.stock": { dialog: "prepare-dialog" }, "preflight.prepared": { dialog: "prepare-dialog" }, "preflight.time_out": { dialog: "timeout-dialog" }, "preflight.dose_check": { dialog: "check-dialog" }, "preflight.agreement": { dialog: "timeout-dialog" },
  "preflight.order": { link: "order" }, "preflight.policy": { link: "policy" },
};

/** A consent that the patient's own ledger speaks of: no tap changes it. @param {any} finding */
function settled(finding) { return finding.rule === "preflight.consent" && finding.state === "fires" && !finding.inputs?.consent; }

/** What one sheet supplies stands in one row. @param {any[]} missing @returns {any[][]} */
function grouped(missing) {
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const finding of missing) {
    const { dialog, note } = SUPPLIES[finding.rule] ?? {};
    const key = note && finding.state === "fires" ? finding.rule : dialog ?? finding.rule;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()];
}

/** What is missing before the start, each with the button that supplies it. */
export class Preflight {
  /** @param {HTMLElement} root @param {(command: any) => Promise<boolean>} send @param {import("./dialogs.js").Dialogs} dialogs */
  constructor(root, send, dialogs) {
    this.root = root;
    this.send = send;
    this.dialogs = dialogs;
    this.start = /** @type {HTMLButtonElement} */ (root.querySelector("#start"));
    this.start.addEventListener("click", (event) => this.guard(event), { capture: true });
  }

  /** @param {import("./live.js").Store} store */
  update({ view }) {
    if (!["planned", "checked_in"].includes(view.phase)) return;
    const missing = view.missing ?? [];
    this.holding = missing.filter((/** @type {any} */ finding) => HOLDS.has(finding.action));
    this.start.setAttribute("aria-disabled", String(this.holding.length > 0));
    setText(this.root, "missing_count", missing.length ? fill(words.missing, { n: missing.length }) : "");
    show(this.root.querySelector('[data-part="nothing-missing"]'), missing.length === 0);
    replaceRows(this.root.querySelector('[data-list="missing"]'), missing, () => grouped(missing).map((group) => this.item(group)));
  }

  /** @param {Event} event */
  guard(event) {
    if (!this.holding?.length) return;
    event.stopImmediatePropagation();
    this.dialogs.refuse({ code: "preflight_incomplete", why: words.start_holds, findings: this.holding });
  }

  /** @param {any[]} group findings that one control supplies */
  item(group) {
    const [finding] = group, why = group.map((one) => readable(one.why)).join(" ");
    const item = row("row-check", { why });
    item.dataset.rule = group.map((one) => one.rule).join(" ");
    item.classList.toggle("check-wide", why.length > LONG);
    const place = /** @type {HTMLElement} */ (item.querySelector("[data-buttons]"));
    const supply = settled(finding) ? { link: /** @type {const} */ ("consent") } : SUPPLIES[finding.rule] ?? {};
    if (supply.dialog) place.append(this.button(words.supply[finding.rule] ?? words.enter, finding, () => this.dialogs.open(/** @type {string} */ (supply.dialog))));
    if (supply.note && finding.state === "fires") place.append(this.button(words.benefit_risk, finding, () => this.dialogs.ask("answer-dialog", { item: /** @type {string} */ (supply.note) }, words.benefit_risk_asked)));
    if (supply.link) place.append(this.link(supply.link));
    if (supply.test === "sound") place.append(this.soundButton(finding, /** @type {string} */ (supply.item)));
    else if (supply.item) place.append(this.button(words.yes, finding, () => this.answer(/** @type {string} */ (supply.item))));
    if (supply.item) place.append(this.otherButton(finding, supply.item));
    return item;
  }

  /** @param {"order"|"policy"|"consent"} to */
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
