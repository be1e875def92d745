// @ts-check
/** The room: bright or dim. The choice is kept in a cookie, so that the server draws the next page in it at once. */
const YEAR_S = 31536000;

/** @returns {"dark"|"light"} */
function present() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "dark" || chosen === "light") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

for (const button of document.querySelectorAll("button.theme")) {
  const { dark = "", light = "" } = /** @type {HTMLElement} */ (button).dataset;
  const label = () => { button.textContent = present() === "dark" ? light : dark; };
  label();
  button.removeAttribute("hidden");
  button.addEventListener("click", () => {
    const next = present() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    document.cookie = `norket_theme=${next}; path=/; max-age=${YEAR_S}; samesite=lax`;
    label();
    document.dispatchEvent(new CustomEvent("norket:theme"));
  });
}
