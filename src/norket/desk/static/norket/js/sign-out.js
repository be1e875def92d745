// @ts-check
/**
 * Signing out: the server ends the sign-in first, and only then does this browser forget. Where the server does not answer
 * nothing changes, because the next hand would be signed in all the same. What is not sent yet stays sealed for whoever
 * did it, and goes when they sign in here again.
 */
import { signedOut } from "./lock-marks.js";
import { vault } from "./vault.js";

const PREFIX = "norket-files-", GIVE_UP_MS = 8000, DOOR = "/accounts/login/";

async function wipe() {
  signedOut.postMessage("signed out");
  await vault.wipe();
  for (const name of await caches.keys()) if (name.startsWith(PREFIX)) await caches.delete(name);
  for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) await worker.unregister();
  for (const kept of [localStorage, sessionStorage]) for (const key of Object.keys(kept)) if (key.startsWith("norket:")) kept.removeItem(key);
}

/** Whether the server has ended the sign-in: it sends whoever left to the door. @param {HTMLFormElement} form */
async function ended(form) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual", signal: AbortSignal.timeout(GIVE_UP_MS) }).catch(() => undefined);
  return answer?.type === "opaqueredirect";
}

/** @param {HTMLFormElement} form */
function stayed(form) {
  const before = form.querySelector("[role=alert]"), said = document.createElement("p");
  said.setAttribute("role", "alert");
  said.className = "error";
  said.textContent = form.dataset.stayed ?? "";
  before?.remove();
  form.append(said);
}

/** @param {HTMLFormElement} form */
async function leave(form) {
  const waiting = await vault.waiting().catch(() => 0);
  if (waiting && !confirm(form.dataset.signOut)) return;
  if (!(await ended(form))) { stayed(form); return; }
  await wipe().catch(() => undefined); // a browser that keeps nothing has nothing to wipe
  location.assign(DOOR);
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-sign-out]"))) {
  form.addEventListener("submit", (event) => { event.preventDefault(); leave(form); });
}

// Whoever signs in next sees nothing of what the last person saw; what that person did waits for them.
if (document.querySelector("[data-signing-in]")) vault.forgetViews().catch(() => undefined);
