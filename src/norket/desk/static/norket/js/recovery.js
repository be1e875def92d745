// @ts-check
import { field, readable, replaceRows, row, setText, words } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { clock, figure, fill } from "./format.js";
import { Leaving } from "./leaving.js";

/** Which control supplies what a gate of the discharge misses. */
/** @type {Record<string, {dialog?: string, gates?: string[]}>} */
const SUPPLIES = {
  "recovery.gate.score": { dialog: "recovery-score-dialog" },
  "recovery.gate.sedation_orientation": { gates: ["oriented", "gait_steady", "dissociation_settled"], dialog: "score-dialog" },
  "recovery.gate.blood_pressure": { dialog: "vitals-dialog" },
  "recovery.gate.no_open_alert": { dialog: "alerts-dialog" },
  "recovery.gate.suicide_risk": { gates: ["suicide_risk_reviewed"], dialog: "safety-dialog" },
  "recovery.gate.cannula": { gates: ["cannula_removed"] },
  "recovery.gate.escort": { dialog: "escort-dialog" },
  "recovery.gate.instructions": { dialog: "instructions-dialog" },
  "recovery.oxygen": { gates: ["room_air_saturation"], dialog: "vitals-dialog" },
};

/** The way out: the clock, the score, each gate with its button, and what became of the drug. */
export class Recovery {
  /** @param {HTMLElement} root @param {string} zone @param {(command: any) => Promise<boolean>} send @param {import("./dialogs.js").Dialogs} dialogs */
  constructor(root, zone, send, dialogs) {
    this.root = root;
    this.zone = zone;
    this.send = send;
    this.dialogs = dialogs;
    this.leaving = new Leaving(root);
  }

  /** @param {import("./live.js").Store} store */
  update({ view }) {
    this.ended(view);
    this.leaving.update(view);
    const { recovery } = view;
    if (!recovery) return;
    setElapsed(field(this.root, "recovery_clock"), { since: recovery.clock_from });
    setText(this.root, "recovery_clock_from", fill(words.recovery_from, { at: clock(recovery.clock_from, this.zone), min: figure(recovery.minimum_min, 0) }));
    setText(this.root, "recovery_earliest", recovery.earliest_at ? fill(words.earliest, { at: clock(recovery.earliest_at, this.zone) }) : "");
    setText(this.root, "recovery_score", recovery.score === null ? "–" : `${recovery.score}/10`);
    setText(this.root, "recovery_score_at", recovery.score_at ? fill(words.score_at, { at: clock(recovery.score_at, this.zone) }) : words.no_score);
    this.root.querySelector('[data-list="reasons"]')?.replaceChildren(...(recovery.reasons ?? []).map((/** @type {any} */ reason) => this.reason(reason)));
    const gates = recovery.gates ?? [];
    replaceRows(this.root.querySelector('[data-list="gates"]'), [gates, this.answers(view)], () => this.items(gates));
    setText(this.root, "discharge_state", recovery.may_discharge ? words.may_discharge : words.may_not_discharge);
    this.root.querySelector("#discharge")?.setAttribute("data-ready", String(recovery.may_discharge));
  }

  /** One anchor of the clock, in words. @param {any} reason */
  reason({ label, at, minutes, until }) {
    const item = document.createElement("li");
    item.textContent = fill(words.clock_reason, { label, at: clock(at, this.zone), min: figure(minutes, 0), until: clock(until, this.zone) });
    return item;
  }

  /** @param {any} view */
  answers(view) { return view.gates ?? null; }

  /** @param {any} view */
  ended(view) {
    setText(this.root, "ended_text", words.phases[view.phase] ?? view.phase);
    const { drawn_mg: drawn, given_mg: given, wasted_mg: wasted, unaccounted_mg: missing } = view.mass ?? {};
    const text = fill(words.mass, { drawn: figure(drawn, 1), given: figure(given, 1), wasted: figure(wasted, 1), missing: figure(missing, 1) });
    const owed = view.mass?.unwitnessed_mg ? `${text}. ${fill(words.not_witnessed, { mg: figure(view.mass.unwitnessed_mg, 1) })}` : text;
    setText(this.root, "mass_text", owed);
    setText(this.root, "waste_balance", text);
    setText(this.root, "recovery_mass", owed);
  }

  /** What is open first, each with its control; what is met in one row at the end. @param {any[]} gates */
  items(gates) {
    const open = gates.filter((gate) => gate.state !== "clear"), met = gates.filter((gate) => gate.state === "clear");
    const rows = open.map((gate) => this.item(gate));
    if (met.length) {
      const last = row("row-check", { why: `✓ ${met.map((gate) => readable(gate.why)).join(" ✓ ")}` });
      last.classList.add("check-wide");
      last.dataset.state = "clear";
      rows.push(last);
    }
    return rows;
  }

  /** @param {any} gate */
  item(gate) {
    const supply = SUPPLIES[gate.rule] ?? {}, helped = Boolean(supply.dialog || supply.gates);
    const mark = gate.state === "unknown" ? "?" : "✕";
    const item = row("row-check", { why: `${mark} ${readable(gate.why)}`, figure: helped ? "" : gate.resolves_by });
    item.dataset.rule = gate.rule;
    item.dataset.state = gate.state;
    const place = /** @type {HTMLElement} */ (item.querySelector("[data-buttons]"));
    item.classList.toggle("check-wide", (supply.gates ?? []).length > 1);
    for (const name of supply.gates ?? []) place.append(this.button(words.gates[name], () => this.dialogs.ask("gate-dialog", { gate: name }, words.gates_asked[name])));
    if (supply.dialog) place.append(this.button(words.supply[gate.rule] ?? words.enter, () => this.dialogs.open(/** @type {string} */ (supply.dialog))));
    return item;
  }

  /** @param {string} label @param {() => void} act */
  button(label, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", act);
    return button;
  }
}
