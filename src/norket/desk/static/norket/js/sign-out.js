// @ts-check
/** Signing out leaves nothing of the record in this browser; what is not sent yet is asked about first. */
import { vault } from "./vault.js";

const PREFIX = "norket-files-", SIGNED_OUT = "norket:signed-out";

async function wipe() {
  new BroadcastChannel(SIGNED_OUT).postMessage("signed out");
  await vault.wipe();
  for (const name of await caches.keys()) if (name.startsWith(PREFIX)) await caches.delete(name);
  for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) await worker.unregister();
  for (const kept of [localStorage, sessionStorage]) for (const key of Object.keys(kept)) if (key.startsWith("norket:")) kept.removeItem(key);
}

/** @param {HTMLFormElement} form */
async function leave(form) {
  const waiting = await vault.waiting().catch(() => 0);
  if (waiting && !confirm(form.dataset.signOut)) return;
  await wipe().catch(() => undefined); // a browser that keeps nothing has nothing to wipe
  form.submit();
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-sign-out]"))) {
  form.addEventListener("submit", (event) => { event.preventDefault(); leave(form); });
}

// Whoever signs in next sees nothing of what the last person saw; what that person did waits for them.
if (document.querySelector("[data-signing-in]")) vault.forgetViews().catch(() => undefined);
