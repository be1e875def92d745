// @ts-check
import { serverNow } from "./clock.js";
import { CurvePlot, readPrediction } from "./chart-curve.js";
import { span } from "./chart-time.js";
import { setText, show, words, write } from "./dom.js";
import { clock, figure, fill, parseNumber } from "./format.js";

const IDLE_MS = 400, MINUTE_MS = 60000;
/** @type {Record<string, string>} */
const UNITS = { rate_ml_h: "mL/h", bolus_mg: "mg", pause_min: "min" };

/** The sheet that tries: its curve is drawn over the running one, and nothing of it is ever sent as a command. */
export class Trial {
  /** @param {HTMLElement & {store?: any, draw: () => void}} root @param {string} zone */
  constructor(root, zone) {
    this.root = root;
    this.zone = zone;
    this.kind = "rate_ml_h";
    this.dialog = /** @type {HTMLDialogElement|null} */ (root.querySelector("#trial-dialog"));
    if (!this.dialog) return;
    this.input = /** @type {HTMLInputElement} */ (this.dialog.querySelector("#trial-value"));
    this.small = new CurvePlot(/** @type {HTMLElement} */ (this.dialog.querySelector('[data-plot="trial"]')));
    for (const button of this.dialog.querySelectorAll("[data-try]")) button.addEventListener("click", () => this.choose(/** @type {HTMLElement} */ (button).dataset.try ?? ""));
    this.dialog.querySelector("form")?.addEventListener("submit", (event) => event.preventDefault());
    this.input.addEventListener("input", () => this.soon());
    this.dialog.addEventListener("close", () => { this.keep(null); this.choose("rate_ml_h"); });
  }

  /** @param {import("./live.js").Store} store */
  update(store) { if (this.dialog?.open) this.draw(store); }

  /** @param {string} kind */
  choose(kind) {
    this.kind = kind;
    for (const button of this.dialog?.querySelectorAll("[data-try]") ?? []) button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.try === kind));
    show(this.dialog?.querySelector('[data-part="trial-value"]') ?? null, kind !== "stop");
    setText(this.root, "trial_label", words[`trial_${kind}`] ?? "");
    setText(this.root, "trial_unit", UNITS[kind] ?? "");
    if (this.input) { this.input.value = ""; if (this.dialog?.open && kind !== "stop") this.input.focus(); }
    this.soon();
  }

  /** What is asked of the server; null while the number is not there. */
  change() {
    if (this.kind === "stop") return { stop: true };
    const value = parseNumber(this.input?.value ?? "");
    return value === null || (value === 0 && this.kind !== "rate_ml_h") ? null : { [this.kind]: value };
  }

  soon() {
    clearTimeout(this.waiting);
    const change = this.dialog?.open ? this.change() : null;
    if (!change) return this.keep(null);
    this.waiting = window.setTimeout(() => this.ask(change), IDLE_MS);
  }

  /** @param {Record<string, unknown>} change */
  async ask(change) {
    const { api = "", csrf = "" } = this.root.dataset, asked = (this.asked = JSON.stringify(change));
    const headers = { "content-type": "application/json", "x-csrftoken": csrf };
    const answer = await fetch(`${api}/what-if`, { method: "POST", headers, body: asked, credentials: "same-origin" });
    const json = (answer.headers.get("content-type") ?? "").includes("json") ? await answer.json() : {};
    if (asked === this.asked && this.dialog?.open) this.keep(answer.ok ? json : { refused: json.why ?? words.no_curve });
  }

  /** @param {any} trial */
  keep(trial) {
    if (!trial) this.asked = "";
    if (this.root.store) this.root.store.trial = trial;
    this.tell(trial);
    this.root.draw();
  }

  /** @param {any} trial */
  tell(trial) {
    const refused = this.dialog?.querySelector('[data-part="trial-refused"]') ?? null;
    show(refused, Boolean(trial?.refused));
    write(refused, trial?.refused ?? "");
    show(this.dialog?.querySelector('[data-part="trial-answer"]') ?? null, Boolean(trial?.trial));
    setText(this.root, "trial_models", trial?.trial ? fill(words.trial_models, { models: trial.models.join(", ") }) : "");
    if (!trial?.trial) return;
    const { now, then } = trial.trial;
    for (const [name, one] of /** @type {[string, any][]} */ ([["now", now], ["then", then]])) {
      setText(this.root, `trial_peak_${name}`, one ? peak(one.peak, this.zone) : "–");
      setText(this.root, `trial_end_${name}`, one ? clock(one.ends_at, this.zone) : "–");
      setText(this.root, `trial_amount_${name}`, figure(one?.amount_mg, 1));
      setText(this.root, `trial_ready_${name}`, one?.ready ? this.ready(one.ready, name === "then" ? now?.ready : null) : "–");
    }
    setText(this.root, "trial_ready_name", then.ready ? fill(words.trial_ready_name, { level: figure(then.ready.level_ng_ml, 0) }) : "");
  }

  /** @param {any} ready @param {any} against */
  ready(ready, against) {
    if (!ready.p50_at) return words.trial_never;
    const at = clock(ready.p50_at, this.zone), low = clock(ready.p5_at, this.zone), high = ready.p95_at ? clock(ready.p95_at, this.zone) : "…";
    const shift = against?.p50_at ? Math.round((Date.parse(ready.p50_at) - Date.parse(against.p50_at)) / MINUTE_MS) : null;
    return shift === null ? fill(words.trial_ready, { at, low, high }) : fill(words.trial_shift, { at, low, high, shift: `${shift < 0 ? "−" : "+"}${Math.abs(shift)}` });
  }

  /** Where the sheet covers the chart, it has a small one of its own. @param {import("./live.js").Store} store */
  draw(store) {
    const curve = readPrediction(store.prediction), place = this.small?.place;
    if (!curve || !place?.offsetWidth) return;
    this.small?.update(curve, span(store, serverNow()), serverNow(), store.trial);
  }
}

/** @param {any} top @param {string} zone */
function peak(top, zone) {
  return top ? `${figure(top.p50, 0)} (${figure(top.p5, 0)}–${figure(top.p95, 0)}), ${clock(top.at, zone)}` : words.trial_no_peak;
}
