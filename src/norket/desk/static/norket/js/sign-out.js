// @ts-check
/** Signing out leaves nothing of the record in the browser; what is not sent yet is asked about first. */
const KEPT = "norket:";

/** @returns {string[]} the places where commands are kept until the server has answered */
function places() { return Object.keys(sessionStorage).filter((key) => key.startsWith(KEPT)); }

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-sign-out]"))) {
  form.addEventListener("submit", (event) => {
    const waiting = places().some((key) => JSON.parse(sessionStorage.getItem(key) ?? "[]").length);
    if (waiting && !confirm(form.dataset.signOut)) { event.preventDefault(); return; }
    for (const key of places()) sessionStorage.removeItem(key);
  });
}
