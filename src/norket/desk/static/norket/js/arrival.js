// @ts-check
import { replaceRows, show, words } from "./dom.js";
import { clock, fill } from "./format.js";

const RULES = /** @type {Record<string, string>} */ ({
  sober_today: "preflight.sober", suicide_screen: "preflight.suicide_screen", medicines_unchanged: "preflight.medicines", allergies_checked: "preflight.allergies",
  glucose_checked: "preflight.glucose", interpreter: "preflight.interpreter", toilet_offered: "preflight.toilet", antiemetic_offered: "preflight.antiemetic",
});

/** The questions that are still open stand in the sheet; one tap says yes to all that are left, and saves. @param {any} view */
export function prepareArrival(view) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("arrival-dialog"));
  const open = new Set([...view.missing, ...view.offered].map((finding) => finding.rule));
  for (const line of dialog.querySelectorAll("[data-asked]")) {
    const item = /** @type {HTMLElement} */ (line).dataset.asked ?? "";
    const needed = open.has(RULES[item]) && !(item === "glucose_checked" && measures(view));
    show(line, needed);
  }
  show(dialog.querySelector("#arrival-all"), dialog.querySelector("[data-asked]:not([hidden])") !== null);
  show(dialog.querySelector('[data-part="ask-times"]'), open.has("preflight.fasting"));
  show(dialog.querySelector('[data-part="ask-escort"]'), open.has("preflight.escort") || open.has("preflight.time_home"));
  show(dialog.querySelector('[data-part="ask-glucose"]'), measures(view));
}

/** Insulin or a sulfonylurea is on the list: a value is asked, not an answer. @param {any} view */
function measures(view) { return [...view.missing].some((finding) => finding.rule === "preflight.glucose" && finding.why.startsWith("Insulin or a sulfonylurea is taken")); }

/** Yes to whatever has no answer yet, in the tap that saves; what was answered stays as it is. @param {HTMLElement} root */
export function wireArrival(root) {
  const form = /** @type {HTMLFormElement} */ (root.querySelector("#arrival-dialog form"));
  root.querySelector("#arrival-all")?.addEventListener("click", () => {
    for (const line of form.querySelectorAll("[data-asked]:not([hidden])")) {
      const given = /** @type {HTMLInputElement} */ (line.querySelector("input[type=hidden]"));
      if (!given.value) /** @type {HTMLButtonElement} */ (line.querySelector('[value="yes"]')).click();
    }
    form.requestSubmit();
  });
}

/** What was asked before the start, by whom and when: for whoever takes over. @param {HTMLElement} root @param {any} view @param {string} zone */
export function showAsked(root, view, zone) {
  const lines = [
    ...Object.entries(view.asked ?? {}).map(([item, given]) => [`${words.values[item] ?? item}: ${words.values[given.answer]}${given.glucose_mmol_l ? ` (${given.glucose_mmol_l} mmol/L)` : ""}`, given.by, given.at]),
    ...(view.access ?? []).map((/** @type {any} */ one) => [fill(words.cannula_line, { outcome: words.values[one.access.outcome], place: words.values[one.access.place], gauge: one.access.gauge_g }), one.access.tried_by, one.at]),
  ];
  if (view.setting) lines.push([Object.entries(view.setting).filter(([, value]) => value === true).map(([name]) => words.values[name] ?? name).concat(view.setting.intention || []).join(", "), "", ""]);
  replaceRows(root.querySelector('[data-list="asked"]'), lines, () => lines.map(([what, by, at]) => {
    const item = document.createElement("li");
    item.textContent = [what, words.people[by] ?? by, at ? clock(at, zone) : ""].filter(Boolean).join(" · ");
    return item;
  }));
}
