// @ts-check
import { replaceRows, row, setText, show, words, write } from "./dom.js";
import { clock, fill } from "./format.js";
import { isOrder } from "./kinds.js";
import { keepPages } from "./keep.js";
import { describe } from "./ledger.js";
import { signedOut } from "./lock-marks.js";

const LIKE = /** @type {Record<string, string>} */ ({
  change_rate: "rate_changed", start_infusion: "infusion_started", give_bolus: "bolus_given", give_dose: "dose_given", give_rescue: "rescue_given",
  record_vitals: "vitals_recorded", record_level: "level_recorded", record_score: "score_recorded", record_event: "event_recorded", note: "noted", record_waste: "waste_recorded",
  record_preflight: "preflight_recorded", record_baseline: "baseline_recorded", prepare_dose: "dose_prepared", time_out: "time_out_recorded",
});

/** A command in the words of the event that it would leave. @param {any} command @returns {string} */
export function told(command) {
  const type = LIKE[command.type];
  return type ? describe({ type, data: command }) : words.commands[command.type] ?? command.type;
}

/** Keeps what the page needs without the network, and says so at sign-out in another window. @param {HTMLElement} root */
export async function keepPage(root) {
  signedOut.onmessage = () => location.replace("/accounts/login/");
  await keepPages([location.pathname, `/sessions/${root.dataset.session}/downtime/`]);
  if (root.dataset.keptAt) root.classList.add("is-cut-off");
}

/** What waits to be sent, and what a person has to decide about. */
export class Waiting {
  /** @param {HTMLElement} root @param {import("./commands.js").Commands} commands @param {() => number} version @param {(id: string) => void} open @param {(command: any, answer: any) => void} answered */
  constructor(root, commands, version, open, answered) {
    this.root = root;
    this.zone = root.dataset.zone ?? "";
    this.commands = commands;
    this.version = version;
    this.open = open;
    this.answered = answered;
    /** @type {Set<string>} */
    this.known = new Set();
  }

  /** @param {import("./commands.js").Kept[]} kept */
  pending(kept) {
    show(this.root.querySelector('[data-part="pending"]'), kept.length > 0);
    const names = [...new Set(kept.map(({ command }) => words.commands[command.type] ?? command.type))].join(", ");
    setText(this.root, "pending", kept.length ? fill(kept.length > 1 ? words.pending_more : words.pending, { n: kept.length, what: names }) : "");
  }

  /** @param {import("./commands.js").Kept[]} open */
  undecided(open) {
    show(this.root.querySelector('[data-part="undecided"]'), open.length > 0);
    setText(this.root, "undecided", open.length ? fill(words.undecided, { n: open.length, what: open.map(({ command }) => words.commands[command.type] ?? command.type).join(", ") }) : "");
    replaceRows(this.root.querySelector('[data-list="undecided"]'), open.map((one) => one.id), () => open.map((one) => this.item(one)));
    const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("undecided-dialog"));
    for (const { id, command } of open) if (!this.known.has(id)) this.sheetOf(command.type)?.close(); // what it was typed into is done with
    if (open.some((one) => !this.known.has(one.id)) && !document.querySelector("dialog[open]:not(#undecided-dialog)")) this.open(dialog.id);
    if (!open.length) dialog.close();
    this.known = new Set(open.map((one) => one.id));
  }

  /** @param {string} type @returns {HTMLDialogElement|null|undefined} */
  sheetOf(type) { return this.root.querySelector(`dialog[open] form[data-command="${CSS.escape(type)}"]`)?.closest("dialog"); }

  /** @param {import("./commands.js").Kept} one */
  item({ id, command, given, open }) {
    const meanwhile = open?.meanwhile ?? [], order = isOrder(command);
    const why = (open?.refused && words.undecided_why[open.refused]) ?? open?.why ?? words.refusals[String(open?.status)] ?? fill(words.refusals.other, { status: open?.status ?? "" });
    const item = row("row-undecided", { what: told(command), when: clock(command.at ?? given, this.zone), why, "meanwhile-title": meanwhile.length ? words.meanwhile : "", again: order ? words.do_it_now : words.send_again });
    item.dataset.command = command.type;
    item.querySelector("[data-meanwhile]")?.replaceChildren(...meanwhile.map((event) => {
      const line = document.createElement("li");
      write(line, fill(words.meanwhile_line, { at: clock(event.at, this.zone), what: describe(event), who: words.people[event.by] ?? event.by }));
      return line;
    }));
    item.querySelector("[data-again]")?.addEventListener("click", async () => {
      const answer = await this.commands.again(id, this.version());
      if (answer) this.answered(command, answer);
    });
    item.querySelector("[data-drop]")?.addEventListener("click", () => this.commands.drop(id));
    return item;
  }
}

/** What is queued, as marks and lines beside the ledger. @param {import("./commands.js").Kept[]} kept */
export function asMarks(kept) {
  return kept.filter(({ command }) => !isOrder(command)).map(({ id, command, given }) => ({ id, at: command.at ?? given, text: fill(words.queued, { what: told(command) }) }));
}
