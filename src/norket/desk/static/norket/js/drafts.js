// @ts-check
import { row, words } from "./dom.js";
import { fill } from "./format.js";
import { vault } from "./vault.js";

const SAVE_MS = 250, KEPT_MS = 30 * 60 * 1000;

/** What was typed into a sheet and not sent survives a reload and a crash. Identifiers are asked again. */
export class Drafts {
  /** @param {HTMLElement} root @param {(id: string) => void} open opens a sheet by its id */
  constructor(root, open) {
    this.root = root;
    this.open = open;
    this.prefix = `${root.dataset.person}:${root.dataset.session}:`;
    /** @type {Map<string, any>} */
    this.waiting = new Map();
    for (const dialog of root.querySelectorAll("dialog")) this.wire(/** @type {HTMLDialogElement} */ (dialog));
    this.load();
  }

  /** @param {HTMLDialogElement} dialog */
  wire(dialog) {
    dialog.addEventListener("input", () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.save(dialog), SAVE_MS); });
    dialog.addEventListener("norket:opened", () => this.restore(dialog));
    dialog.addEventListener("close", () => this.closed(dialog));
  }

  /** A sheet that the lock closed is not finished. @param {HTMLDialogElement} dialog */
  async closed(dialog) {
    clearTimeout(this.timer);
    if (dialog.returnValue !== "locked") { this.waiting.delete(dialog.id); vault.drop("drafts", this.prefix + dialog.id); return; }
    dialog.returnValue = "";
    const draft = await vault.get("drafts", this.prefix + dialog.id);
    if (!draft) return;
    this.waiting.set(dialog.id, draft);
    this.offer(dialog.id, dialog.querySelector("h2")?.textContent ?? "");
  }

  /** @param {HTMLDialogElement} dialog */
  save(dialog) {
    if (!dialog.open) return;
    const values = Object.fromEntries(fields(dialog).map((one) => [one.id || one.name, one.type === "checkbox" ? /** @type {HTMLInputElement} */ (one).checked : one.value]));
    return vault.put("drafts", this.prefix + dialog.id, { values, at: Date.now() });
  }

  /** @param {HTMLDialogElement} dialog */
  restore(dialog) {
    const draft = this.waiting.get(dialog.id);
    if (!draft) return;
    this.waiting.delete(dialog.id);
    for (const one of fields(dialog)) {
      const value = draft.values[one.id || one.name];
      if (value === undefined) continue;
      if (one.type === "checkbox") /** @type {HTMLInputElement} */ (one).checked = Boolean(value); else one.value = String(value);
    }
    fields(dialog)[0]?.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async load() {
    const names = await vault.read("drafts", (place) => place.getAllKeys()).catch(() => []);
    for (const name of names.map(String).filter((one) => one.startsWith(this.prefix))) {
      const draft = await vault.get("drafts", name), id = name.slice(this.prefix.length), dialog = document.getElementById(id);
      if (!draft || !dialog || Date.now() - draft.at > KEPT_MS) { vault.drop("drafts", name); continue; }
      this.waiting.set(id, draft);
      this.offer(id, dialog.querySelector("h2")?.textContent ?? "");
    }
  }

  /** @param {string} id @param {string} title */
  offer(id, title) {
    const place = this.root.querySelector('[data-part="toasts"]'), item = row("row-draft", { text: fill(words.draft, { what: title }) });
    item.querySelector("[data-go]")?.addEventListener("click", () => { item.remove(); this.open(id); });
    item.querySelector("[data-drop]")?.addEventListener("click", () => { item.remove(); this.waiting.delete(id); vault.drop("drafts", this.prefix + id); });
    place?.append(item);
  }
}

/** @param {HTMLDialogElement} dialog @returns {(HTMLInputElement|HTMLSelectElement|HTMLTextAreaElement)[]} */
function fields(dialog) {
  return /** @type {any} */ ([...dialog.querySelectorAll("form[data-command] :is(input, select, textarea)")].filter((one) => /** @type {HTMLInputElement} */ (one).type !== "hidden"));
}
