// @ts-check
/**
 * Every page of whoever is signed in locks when nobody touches this browser for a while, and all of them together. The
 * server shows the lock instead of the page. The quiet view stays, with its call for help; a live page has a lock of its own.
 */
import { newest } from "./csrf.js";
import { ACTIVE, idleSince, isAnothers, LOCKED, PERSON, signedOut, UNPROVEN } from "./lock-marks.js";
import { vault } from "./vault.js";

const LOOK_MS = 1000;
const mark = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="norket-idle"]')), idleMs = Number(mark.content) * 1000;
const quiet = document.querySelector("norket-quiet"), live = document.querySelector("norket-live");

function touched() { if (!localStorage.getItem(LOCKED)) localStorage.setItem(ACTIVE, String(Date.now())); }

/** What is behind the lock goes from the screen. */
function hide() { if (quiet) quiet.toggleAttribute("data-locked", true); else location.reload(); }

/** The server holds the lock; where it does not answer nobody could open it again, and the page stays. Where it says
 * anything else nobody is signed in here any more, and it shows what there is instead of the page. */
async function lock() {
  const answer = await fetch("/lock/", { method: "POST", redirect: "manual", headers: { "x-csrftoken": newest(mark.dataset.csrf ?? "") } }).catch(() => undefined);
  if (!answer || answer.status >= 500) return;
  if (answer.status === 204) {
    localStorage.setItem(LOCKED, "yes");
    await vault.setLocked(true).catch(() => undefined); // a browser that keeps nothing has no kept page to hide
  }
  hide();
}

function look() {
  if (quiet?.hasAttribute("data-locked")) return;
  if (!localStorage.getItem(LOCKED) && (localStorage.getItem(UNPROVEN) || idleSince() > idleMs)) lock();
}

/** What this browser says to be locked is locked at the server too. */
async function begin() {
  touched();
  if (localStorage.getItem(LOCKED) || localStorage.getItem(UNPROVEN)) await lock();
  else await vault.setLocked(false).catch(() => undefined);
}

if (!live) {
  for (const kind of ["pointerdown", "keydown", "input"]) document.addEventListener(kind, touched, { capture: true, passive: true });
  addEventListener("storage", ({ key, newValue }) => {
    if (key === LOCKED && newValue) hide();
    if (key === PERSON && isAnothers(mark.dataset.person)) location.reload();
  });
  addEventListener("pageshow", ({ persisted }) => { if (persisted && localStorage.getItem(LOCKED)) hide(); }); // gone back to
  signedOut.onmessage = () => location.replace("/accounts/login/");
  begin().then(() => setInterval(look, LOOK_MS));
}
