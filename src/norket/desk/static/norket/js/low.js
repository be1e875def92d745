// @ts-check
import { setText, words } from "./dom.js";
import { clock, figure, fill } from "./format.js";

const EVERY_MS = 60000;

/** How many of a hundred such patients are below policy's level now: advice beside the score. No gate reads it, and where
 * the clinic has it off the page does not have the place for it. */
export class Low {
  /** @param {HTMLElement} root @param {string} zone */
  constructor(root, zone) {
    this.root = root;
    this.zone = zone;
    this.place = root.querySelector('[data-advice="low"]');
    this.asked = -EVERY_MS;
    this.version = -1;
  }

  /** @param {import("./live.js").Store} store */
  update({ view, kept }) {
    if (!this.place || kept || view.phase !== "recovery") return;
    if (view.version === this.version && performance.now() - this.asked < EVERY_MS) return;
    this.asked = performance.now();
    this.version = view.version;
    this.ask();
  }

  async ask() {
    try {
      const answer = await fetch(`${this.root.dataset.api}/readiness`, { credentials: "same-origin" });
      const json = (answer.headers.get("content-type") ?? "").includes("json") ? await answer.json() : {};
      this.tell(answer.ok ? json : { why: json.why ?? words.no_curve });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // no network: the page says so, and a number of before is not left
      this.tell({ why: words.no_curve });
    }
  }

  /** @param {any} found */
  tell(found) {
    const at = (/** @type {string|null} */ moment) => (moment ? clock(moment, this.zone) : words.trial_never);
    const known = typeof found.chance_now === "number";
    setText(this.root, "low_now", known ? fill(words.ready_now, { n: figure(Math.floor(found.chance_now * 100), 0), level: figure(found.level_ng_ml, 0) }) : fill(words.ready_none, { why: found.why ?? words.no_curve }));
    setText(this.root, "low_half", known ? fill(words.ready_half, { at: at(found.p50_at), low: at(found.p5_at), high: at(found.p95_at) }) : "");
    setText(this.root, "low_others", known ? othersLine(found.others, at) : "");
    setText(this.root, "low_basis", known ? fill(words.ready_basis, { model: found.model.replaceAll("_", " "), rule: found.level_rule, sources: found.level_sources.join(", "), certainty: found.level_certainty }) : "");
  }
}

/** The range of what other models say. @param {Record<string, string|null>} others @param {(moment: string|null) => string} at */
function othersLine(others, at) {
  const moments = Object.values(others ?? {}).sort((one, other) => (one === null ? 1 : other === null ? -1 : Date.parse(one) - Date.parse(other)));
  return moments.length ? fill(words.ready_others, { first: at(moments[0]), last: at(moments[moments.length - 1]), n: moments.length }) : "";
}
