// @ts-check
/** Asks this browser's worker to keep pages for when the network is gone; it keeps them sealed, until sign-out. */
import { forgotten } from "./lock-marks.js";

const AGAIN_MS = 120000, ROSTER = "/roster/";

/** @param {string[]} paths @returns {Promise<(also?: string[]) => void>} asks for them again */
export async function keepPages(paths) {
  if (!navigator.serviceWorker) return () => undefined;
  try {
    await navigator.serviceWorker.register("/service-worker.js", { type: "module", updateViaCache: "none" });
  } catch (error) {
    console.warn("this page does not open without the network", error); // everything else works
    return () => undefined;
  }
  const { active } = await navigator.serviceWorker.ready;
  await forgotten;
  const keep = (/** @type {string[]} */ also = paths) => navigator.serviceWorker.controller?.postMessage({ keep: also.map((path) => new URL(path, location.origin).href) });
  navigator.serviceWorker.addEventListener("controllerchange", () => keep());
  if (active) keep();
  return keep;
}

/**
 * The roster goes along with whoever has a page of the day open: who is here, and since when, as of two minutes ago or of
 * the last change that `mark` tells of.
 */
export class RosterKept {
  constructor() {
    this.asked = 0;
    this.mark = "";
    keepPages([ROSTER]).then((keep) => { this.keep = keep; });
  }

  /** @param {string} mark */
  seen(mark) {
    if (!this.keep || (mark === this.mark && Date.now() - this.asked < AGAIN_MS)) return;
    this.mark = mark;
    this.asked = Date.now();
    this.keep();
  }
}
