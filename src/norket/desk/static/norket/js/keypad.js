// @ts-check
/** A number pad for gloved fingers: writes into the number field that was touched last. */
class NorketKeypad extends HTMLElement {
  connectedCallback() {
    const form = this.closest("form");
    form?.addEventListener("focusin", (event) => {
      if (event.target instanceof HTMLInputElement && event.target.dataset.kind) this.target = event.target;
    });
    for (const button of this.querySelectorAll("button")) {
      button.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
      button.addEventListener("click", () => this.press(button.value || button.textContent || ""));
    }
  }

  /** @returns {HTMLInputElement[]} */
  fields() {
    const found = this.closest("form")?.querySelectorAll("input[data-kind='number'], input[data-kind='int']") ?? [];
    return [...found].flatMap((one) => (one instanceof HTMLInputElement && one.checkVisibility() ? [one] : []));
  }

  /** @param {string} key */
  press(key) {
    const fields = this.fields();
    const field = this.target ?? fields[0];
    if (!field) return;
    if (key === "next") { const next = fields[(fields.indexOf(field) + 1) % fields.length]; next.focus(); next.select(); return; }
    const selected = document.activeElement === field && field.selectionStart === 0 && field.selectionEnd === field.value.length && field.value.length > 0;
    if (key === "back") field.value = selected ? "" : field.value.slice(0, -1);
    else field.value = (selected ? "" : field.value) + key;
    if (document.activeElement !== field) field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
customElements.define("norket-keypad", NorketKeypad);
