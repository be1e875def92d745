// @ts-check
/** How far each sign reaches, in tens: the keys of its first tap. The second tap, the last digit, goes on to the next field. */
const TENS = /** @type {Record<string, [number, number]>} */ ({
  "vitals.sbp_mmhg": [7, 22], "vitals.dbp_mmhg": [3, 13], "vitals.hr_per_min": [3, 16], "vitals.spo2_percent": [7, 10],
  "vitals.rr_per_min": [0, 3], "vitals.etco2_mmhg": [0, 7],
});

/** The pad for vital signs: two taps a value, nothing filled in beforehand. A keyboard may type into the fields as well. */
class NorketPad extends HTMLElement {
  connectedCallback() {
    const form = this.closest("form");
    /** @type {HTMLInputElement|undefined} */
    this.target = undefined;
    form?.addEventListener("focusin", (event) => { if (event.target instanceof HTMLInputElement && event.target.dataset.kind === "number") this.turn(event.target); });
    this.addEventListener("pointerdown", (event) => { if (event.target instanceof HTMLButtonElement) event.preventDefault(); }); // the field keeps the focus
    this.addEventListener("click", (event) => { if (event.target instanceof HTMLButtonElement) this.press(event.target); });
  }

  /** @returns {HTMLInputElement[]} */
  fields() { return [...(this.closest("form")?.querySelectorAll("input[data-kind='number']") ?? [])].flatMap((one) => (one instanceof HTMLInputElement ? [one] : [])); }

  /** The keys of the first tap for this field. @param {HTMLInputElement} field */
  turn(field) {
    this.target = field;
    this.begun = false;
    const [from, to] = TENS[field.name] ?? [1, 0];
    const keys = Array.from({ length: to - from + 1 }, (_, n) => this.key(from + n));
    this.querySelector('[data-part="tens"]')?.replaceChildren(...keys);
    const place = this.querySelector('[data-part="pad-for"]');
    if (place) place.textContent = field.labels?.[0]?.textContent ?? "";
  }

  /** @param {number} tens */
  key(tens) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.tens = String(tens);
    button.textContent = `${tens || ""}_`;
    button.setAttribute("aria-label", `${tens * 10}–${tens * 10 + 9}`);
    return button;
  }

  /** @param {HTMLButtonElement} button */
  press(button) {
    const field = this.target ?? this.fields()[0];
    if (!field) return;
    if (document.activeElement !== field) field.focus();
    if (button.dataset.tens !== undefined) { this.begun = true; this.put(field, button.dataset.tens === "0" ? "" : button.dataset.tens); return; }
    if (button.value === "next") { this.next(field); return; }
    if (button.value === "back") { this.begun = false; this.put(field, field.value.slice(0, -1)); return; }
    const whole = document.activeElement === field && field.selectionStart === 0 && field.selectionEnd === field.value.length && !this.begun;
    this.put(field, (whole ? "" : field.value) + button.value);
    if (this.begun) this.next(field);
  }

  /** @param {HTMLInputElement} field @param {string} text */
  put(field, text) {
    field.value = text;
    field.setSelectionRange(text.length, text.length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {HTMLInputElement} field */
  next(field) {
    const fields = this.fields(), following = fields[(fields.indexOf(field) + 1) % fields.length];
    following.focus();
    following.select();
  }
}
customElements.define("norket-pad", NorketPad);
