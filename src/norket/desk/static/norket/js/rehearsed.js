// @ts-check
import { serverNow } from "./clock.js";
import { setText, show, words } from "./dom.js";

const MARK = "Rehearsal: ", MINUTE_MS = 60000;

/** In a rehearsal: what would be seen at the chair, from when it would be seen, and the way to the debrief. */
export class Rehearsed {
  /** @param {HTMLElement} root */
  constructor(root) { this.root = root; }

  /** @param {import("./live.js").Store} store */
  update({ standing, view }) {
    const note = standing.find((event) => event.type === "noted" && String(event.data.text).startsWith(MARK)), band = this.root.querySelector('[data-part="rehearsed"]');
    const start = view.segments?.[0]?.start ? Date.parse(view.segments[0].start) : null, cues = note ? words.rehearsal_cues?.[note.data.text.slice(MARK.length)] ?? [] : [];
    const seen = cues.filter((/** @type {any} */ cue) => cue.after_min === null || (start !== null && serverNow() >= start + cue.after_min * MINUTE_MS));
    show(band, Boolean(note));
    setText(this.root, "rehearsed", seen.length ? seen[seen.length - 1].says : "");
    show(this.root.querySelector("#debrief"), Boolean(note));
  }
}
