// @ts-check
import { replaceRows, setText, show, words, write } from "./dom.js";
import { clock, figure, fill } from "./format.js";

const SPACE = "http://www.w3.org/2000/svg", WIDTH = 640, HEIGHT = 220, LEFT = 44, BOTTOM = 24, TOP = 10, AROUND_MIN = 150;

/** The sheet of the update from this patient: the population's curve and this patient's, what changed, and from what. */
export class Learn {
  /** @param {HTMLElement} root @param {string} zone */
  constructor(root, zone) {
    this.root = root;
    this.zone = zone;
    this.dialog = /** @type {HTMLDialogElement|null} */ (root.querySelector("#learn-dialog"));
    if (!this.dialog) return;
    this.key = "";
    root.querySelector("#learn")?.addEventListener("click", () => this.ask());
    this.dialog.querySelector("#learn-keep")?.addEventListener("click", () => this.keep());
    this.dialog.querySelector("#learn-after")?.addEventListener("click", (event) => this.only(/** @type {HTMLElement} */ (event.currentTarget)));
  }

  update() { /* what is shown is of the moment it was asked for */ }

  async ask() {
    this.say("", words.learn_waiting);
    const answer = await fetch(`${this.root.dataset.api}/learned`, { credentials: "same-origin" });
    const json = (answer.headers.get("content-type") ?? "").includes("json") ? await answer.json() : {};
    this.key = crypto.randomUUID();
    if (!answer.ok) return this.say(json.why ?? words.no_curve, "");
    this.say("", "");
    this.tell(json);
  }

  /** @param {string} refused @param {string} state */
  say(refused, state) {
    const place = this.dialog?.querySelector('[data-part="learn-refused"]') ?? null;
    write(place, refused);
    show(place, Boolean(refused));
    setText(this.root, "learn_state", state);
    show(this.dialog?.querySelector('[data-part="learn-answer"]') ?? null, !refused && !state);
  }

  /** @param {any} found */
  tell(found) {
    const line = (/** @type {string[]} */ cells) => { const made = document.createElement("tr"); cells.forEach((text, i) => { const cell = document.createElement(i ? "td" : "th"); if (!i) cell.setAttribute("scope", "row"); cell.textContent = text; made.append(cell); }); return made; };
    const percent = (/** @type {number|null} */ value) => (value === null ? "–" : `${value < 0 ? "−" : "+"}${figure(Math.abs(value), 0)} %`);
    const item = (/** @type {string} */ text) => { const made = document.createElement("li"); made.textContent = text; return made; };
    replaceRows(this.dialog?.querySelector('[data-list="learn-changed"]') ?? null, found.changed, () => found.changed.map((/** @type {any} */ one) => line([`${one.of.replaceAll("_", " ")} ${one.label} ${one.unit === "1" ? "" : one.unit}`, three(one.typical), `${three(one.p50)} (${three(one.p5)}–${three(one.p95)})`, percent(one.change_percent), `${figure(Math.max(0, one.learned) * 100, 0)} %`])));
    replaceRows(this.dialog?.querySelector('[data-list="learn-used"]') ?? null, [found.used, found.left], () => [...found.used.map((/** @type {any} */ one) => item(`${clock(one.at, this.zone)} ${one.said}`)), ...found.left.map((/** @type {any} */ one) => item(fill(words.learn_left, { at: clock(one.at, this.zone), said: one.said, why: one.why })))]);
    setText(this.root, "learn_sum", fill(words.learn_sum, { bits: figure(found.bits, 1), n: found.used.length, models: found.models.join(", ") }));
    setText(this.root, "learn_warnings", found.warnings.join(" "));
    const [effect] = Object.entries(found.effects);
    this.draw("learn", found, found.effect_site);
    show(this.dialog?.querySelector('[data-part="learn-effect"]') ?? null, Boolean(effect));
    if (effect) this.draw("learn-effect", found, effect[1]);
    setText(this.root, "learn_effect", effect ? `${effect[0].replaceAll("_", " ")} ${effect[1].unit === "1" ? "" : effect[1].unit}` : "");
  }

  /** @param {string} name @param {any} found @param {{before: any, after: any}} curves */
  draw(name, found, { before, after }) {
    const svg = /** @type {SVGElement|null} */ (/** @type {unknown} */ (this.dialog?.querySelector(`[data-svg="${name}"]`)));
    if (!svg) return;
    const to = Math.min(found.times_min.length - 1, Math.ceil(found.now_min + AROUND_MIN));
    const top = Math.max(...before.p95.slice(0, to + 1), ...after.p95.slice(0, to + 1), 1) * 1.1;
    const x = (/** @type {number} */ i) => LEFT + (i / to) * (WIDTH - LEFT - 8), y = (/** @type {number} */ value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
    const path = (/** @type {number[]} */ line) => line.slice(0, to + 1).map((value, i) => `${x(i).toFixed(1)} ${y(value).toFixed(1)}`);
    const make = (/** @type {string} */ name, /** @type {Record<string, string|number>} */ set, text = "") => { const made = document.createElementNS(SPACE, name); for (const [key, value] of Object.entries(set)) made.setAttribute(key, String(value)); made.textContent = text; return made; };
    const band = (/** @type {any} */ one) => `M${[...path(one.p95), ...path(one.p5).reverse()].join("L")}Z`;
    const marks = [];
    for (let at = 0; at <= to; at += 30) marks.push(make("path", { class: "grid", d: `M${x(at)} ${TOP}V${HEIGHT - BOTTOM}` }), make("text", { x: x(at), y: HEIGHT - 8, "text-anchor": "middle" }, `${at} min`));
    const step = [0.2, 1, 2, 5, 10, 20, 50, 100, 200, 500].find((one) => top / one <= 4) ?? 1000;
    for (let at = 0; at <= top; at += step) marks.push(make("text", { x: LEFT - 6, y: y(at) + 4, "text-anchor": "end" }, figure(at, 1)));
    svg.replaceChildren(...marks, make("path", { class: "learn-before-band", d: band(before) }), make("path", { class: "learn-before", d: `M${path(before.p50).join("L")}` }), make("path", { class: "learn-after-band", d: band(after) }), make("path", { class: "learn-after", d: `M${path(after.p50).join("L")}` }), make("path", { class: "learn-now", d: `M${x(found.now_min)} ${TOP}V${HEIGHT - BOTTOM}` }));
  }

  /** Back to the population's curve and forth; nothing else changes by it. @param {HTMLElement} button */
  only(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    for (const plot of this.dialog?.querySelectorAll(".learn-plot") ?? []) plot.classList.toggle("without-after", !on);
  }

  async keep() {
    const headers = { "idempotency-key": this.key ?? "", "x-csrftoken": this.root.dataset.csrf ?? "" };
    const answer = await fetch(`${this.root.dataset.api}/learned/kept`, { method: "POST", headers, credentials: "same-origin" });
    const json = (answer.headers.get("content-type") ?? "").includes("json") ? await answer.json() : {};
    setText(this.root, "learn_kept", answer.ok ? words.recorded : json.why ?? words.no_curve);
  }
}

/** Three digits that count. @param {number} value */
function three(value) { return String(Number(value.toPrecision(3))); }
