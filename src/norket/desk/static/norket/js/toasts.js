// @ts-check
import { row, words, write } from "./dom.js";

const UNDO_S = 10, SHOWN_S = 3, STEP_MS = 1000;
const UNDOABLE = new Set(["record_vitals", "record_score", "record_event", "record_preflight", "record_baseline", "record_gate", "record_escort", "record_recovery_score", "note", "record_waste"]);

/** What was just recorded, with ten seconds to take it back. */
export class Toasts {
  /** @param {HTMLElement} root @param {(command: any) => Promise<boolean>} send */
  constructor(root, send) {
    this.place = /** @type {HTMLElement} */ (root.querySelector('[data-part="toasts"]'));
    this.send = send;
  }

  /** @param {any} command @param {any[]} events */
  done(command, events) {
    const n = events[0]?.n;
    const name = words.commands[command.type] ?? command.type;
    const toast = row("row-toast", { text: `${words.recorded}: ${name}` });
    const undo = /** @type {HTMLButtonElement} */ (toast.querySelector("[data-undo]"));
    const left = toast.querySelector("[data-left]");
    const undoable = UNDOABLE.has(command.type) && n !== undefined;
    undo.hidden = !undoable;
    let seconds = undoable ? UNDO_S : SHOWN_S;
    const step = () => { write(left, `${seconds} s`); if (seconds-- <= 0) end(); };
    const timer = setInterval(step, STEP_MS);
    const end = () => { clearInterval(timer); toast.remove(); };
    undo.addEventListener("click", () => { end(); this.send({ type: "correct", corrects: n, reason: words.undone }); });
    step();
    this.place.replaceChildren(...[...this.place.children].slice(-1), toast);
  }
}
