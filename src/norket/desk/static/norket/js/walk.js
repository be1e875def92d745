// @ts-check
import { show, words, write } from "./dom.js";
import { play } from "./sound.js";

const SOUND = "sound-check-dialog", SAVED = "saved";

/** One sheet after the other: each that is saved opens the next one that is still missing; one that is closed ends it. */
export class Walk {
  /** @param {HTMLElement} root @param {() => string[]} wanted the sheets that are missing now, in their order @param {(id: string) => void} open */
  constructor(root, wanted, open) {
    this.root = root;
    this.wanted = wanted;
    this.open = open;
    this.button = /** @type {HTMLButtonElement} */ (root.querySelector("#walk"));
    /** @type {Set<string>|null} the sheets that this walk has shown; null while nobody walks */
    this.shown = null;
    this.button.addEventListener("click", () => { this.shown = new Set(); this.step(); });
    for (const dialog of root.querySelectorAll("dialog")) dialog.addEventListener("close", () => this.closed(/** @type {HTMLDialogElement} */ (dialog)));
    document.querySelector(`#${SOUND} [data-again]`)?.addEventListener("click", sounded);
  }

  /** One sheet alone needs no walk. */
  offer() { show(this.button, this.wanted().length > 1); }

  /** @param {HTMLDialogElement} dialog */
  closed(dialog) {
    if (!this.shown?.has(dialog.id)) return;
    if (dialog.returnValue === SAVED) this.step();
    else this.shown = null;
  }

  step() {
    const next = this.wanted().find((id) => !this.shown?.has(id));
    if (!next) { this.shown = null; return; }
    this.shown?.add(next);
    this.open(next);
    if (next === SOUND) sounded();
  }
}

/** Plays the sound; what nobody can have heard cannot be answered. */
async function sounded() {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById(SOUND)), heard = await play("T2");
  write(dialog.querySelector('[data-part="played"]'), heard ? words.sound_played : words.no_sound);
  show(dialog.querySelector("[data-submit]"), heard);
}
