// @ts-check
import { serverNow } from "./clock.js";
import { field, replaceRows, row, setText, show, words, write } from "./dom.js";
import { setElapsed } from "./elapsed.js";
import { clock, figure, fill } from "./format.js";

const FRIGHT = "fright-dialog";

/** What goes wrong and what is done about it: events that are open, fright, the emergency log, the incident. */
export class Safety {
  /** @param {HTMLElement} root @param {string} zone @param {(command: any) => Promise<boolean>} send @param {import("./dialogs.js").Dialogs} dialogs */
  constructor(root, zone, send, dialogs) {
    this.root = root;
    this.zone = zone;
    this.send = send;
    this.dialogs = dialogs;
    this.text = words.safety;
    /** @type {any} */
    this.log = null;
    this.lookAgain = NaN;
    for (const button of root.querySelectorAll("[data-send]")) button.addEventListener("click", () => this.tap(/** @type {HTMLButtonElement} */ (button)));
    for (const button of root.querySelectorAll("[data-fright]")) button.addEventListener("click", () => this.frightened());
  }

  /** One tap, one record. @param {HTMLButtonElement} button */
  async tap(button) {
    const command = JSON.parse(button.dataset.send ?? "{}");
    if (command.step === "opened" && this.log) return; // looking at the log begins no other emergency
    if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", "true");
    if (command.concern === "stop_word") show(this.root.querySelector('[data-part="stop-said"]'), true);
    if (button.dataset.then === "close") button.closest("dialog")?.close();
    await this.send(command);
  }

  /** The first tap records the fright and opens what helps; how fast the effect fades is asked for meanwhile. Until it is
   * time to look again, a further tap only opens the sheet: whoever is still frightened has a button of their own there. */
  frightened() {
    this.dialogs.open(FRIGHT);
    for (const button of this.dialogs.dialog(FRIGHT).querySelectorAll("[aria-pressed]")) button.setAttribute("aria-pressed", "false");
    show(this.root.querySelector('[data-part="stop-said"]'), false);
    if (!(this.lookAgain > serverNow())) this.send({ type: "raise_concern", concern: "frightened" });
    this.fades();
  }

  async fades() {
    setText(this.root, "fades", "");
    try {
      const answer = await fetch(`${this.root.dataset.api}/fade`, { credentials: "same-origin" });
      const json = (answer.headers.get("content-type") ?? "").includes("json") ? await answer.json() : {};
      const told = answer.ok ? fill(this.text.fades, { mid: figure(json.p50_min, 0), low: figure(json.p5_min, 0), high: figure(json.p95_min, 0) }) : fill(this.text.fades_unknown, { why: json.why ?? "" });
      setText(this.root, "fades", [told, ...(json.warnings ?? [])].join(" "));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // no network: the words and the hands are what counts
    }
  }

  /** @param {import("./live.js").Store} store */
  update({ view }) {
    this.lookAgain = Date.parse(view.next?.find((/** @type {any} */ one) => one.what === "distress_recheck")?.due_at ?? "");
    const safety = view.safety;
    if (!safety) return;
    this.events(safety.events);
    this.emergency(safety.emergency);
    this.incident(safety);
  }

  /** @param {any[]} events */
  events(events) {
    replaceRows(this.root.querySelector('[data-list="open-events"]'), events, () => events.map((one) => this.event(one)));
    show(this.root.querySelector('[data-part="open-events"]'), events.length > 0);
  }

  /** @param {any} one */
  event(one) {
    const name = words.values[one.event] ?? one.event;
    const grade = `${this.text.grades[String(one.grade)]}${one.serious ? `, ${this.text.serious}` : ""}`;
    const again = one.recheck_at ? `, ${fill(this.text.look_again, { at: clock(one.recheck_at, this.zone) })}` : "";
    const item = row("row-open-event", { name, grade, since: fill(this.text.since, { at: clock(one.since, this.zone) }) + again });
    for (const button of item.querySelectorAll("[data-outcome]")) {
      const outcome = /** @type {HTMLElement} */ (button).dataset.outcome;
      button.setAttribute("aria-label", `${button.textContent}: ${name}`);
      button.addEventListener("click", () => this.send({ type: "follow_event", n: one.n, outcome, ...(outcome === "worse" ? { grade: Math.min(5, one.grade + 1) } : {}) }));
    }
    const rescue = /** @type {HTMLButtonElement} */ (item.querySelector("[data-rescue]"));
    rescue.hidden = !one.rescue.length;
    rescue.setAttribute("aria-label", `${this.text.rescue_of}: ${name}`);
    rescue.addEventListener("click", () => { this.dialogs.dialog("event-dialog").close(); this.dialogs.open("rescue-dialog"); });
    return item;
  }

  /** @param {any} log */
  emergency(log) {
    this.log = log;
    const open = Boolean(log) && !log.ended_at;
    show(this.root.querySelector("#emergency-open"), open);
    setElapsed(field(this.root, "emergency_clock"), { since: open ? log.opened_at : null });
    setText(this.root, "emergency_why", log ? `${log.why}${log.ended_at ? ` · ${fill(this.text.emergency_over, { at: clock(log.ended_at, this.zone) })}` : ""}` : "");
    const lines = log?.lines ?? [];
    setText(this.root, "emergency_last", lines.length ? `${clock(lines[0].at, this.zone)} ${lines[0].text}` : "");
    replaceRows(this.root.querySelector('[data-list="emergency"]'), lines, () => lines.map((/** @type {any} */ line) => this.line(line)));
  }

  /** @param {any} line */
  line(line) {
    const item = row("row-emergency", { at: clock(line.at, this.zone), text: line.text, late: this.text.late, by: words.people[line.by] ?? line.by });
    show(item.querySelector("[data-late]"), line.late);
    const button = item.querySelector("[data-complete]");
    show(button, line.incomplete);
    button?.addEventListener("click", () => this.dialogs.ask("complete-dialog", { corrects: String(line.n), "data.drug": line.drug }, `${this.text.complete}: ${line.drug}`));
    return item;
  }

  /** @param {any} safety */
  incident({ incident, report }) {
    setText(this.root, "incident_state", report.why);
    const waits = Boolean(incident) && !incident.signed_by;
    show(this.root.querySelector('[data-part="incident-sign"]'), waits);
    setText(this.root, "incident_text", incident ? [incident.report.what, incident.report.told, incident.report.actions, incident.report.outcome].join(" · ") : "");
    const button = this.root.querySelector("#incident-open");
    write(button?.querySelector("[data-mark]") ?? null, report.state === "clear" ? "" : "•");
  }
}
