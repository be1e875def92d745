// @ts-check
/** The room: bright or dim. The form works without script; with it the page does not reload. */
for (const form of document.querySelectorAll("form.theme")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
    const body = new FormData(/** @type {HTMLFormElement} */ (form));
    body.set("theme", button.value);
    document.documentElement.dataset.theme = button.value;
    document.dispatchEvent(new CustomEvent("norket:theme"));
    const answer = await fetch(/** @type {HTMLFormElement} */ (form).action, { method: "POST", body, headers: { accept: "application/json" } });
    if (answer.ok) {
      const { theme, label } = await answer.json();
      button.value = theme;
      button.textContent = label;
    }
  });
}
