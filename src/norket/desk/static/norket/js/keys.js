// @ts-check
/** One key for each button that has one; `?` opens the list. Start, pause and stop have none. @param {HTMLElement} root */
export function bindKeys(root) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target instanceof HTMLElement && event.target.closest("input, textarea, select")) return;
    if (event.key === "?") { /** @type {HTMLDialogElement} */ (document.getElementById("keys-dialog")).showModal(); return; }
    const button = root.querySelector(`button[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!(button instanceof HTMLButtonElement) || !button.checkVisibility()) return;
    event.preventDefault();
    button.click();
  });
}
