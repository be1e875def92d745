// @ts-check
import { serverNow, setServerNow } from "./clock.js";
import { vault } from "./vault.js";

const LOOK_MS = 1000, SAVE_MS = 5000, WAIT_MS = 1500, SAMPLES = 900;

/** The last that was seen of this session, sealed: a page that opens without the network shows it, and says how old it is. */
export class LastView {
  /** @param {HTMLElement} root @param {() => import("./live.js").Store|undefined} store @param {(kept: any) => void} show */
  constructor(root, store, show) {
    this.name = root.dataset.session ?? "";
    this.person = root.dataset.person ?? "";
    this.store = store;
    this.saved = 0;
    this.timer = setInterval(() => Date.now() - this.saved >= SAVE_MS && this.save(), LOOK_MS);
    addEventListener("pagehide", () => this.save());
    setTimeout(() => this.load(show), WAIT_MS);
  }

  async save() {
    const store = this.store();
    if (!store?.view || store.kept || this.saving) return;
    const samples = Object.fromEntries(Object.entries(store.samples).map(([channel, line]) => [channel, line.slice(-SAMPLES)]));
    this.saving = true;
    this.saved = Date.now();
    try {
      await vault.put("views", this.name, { person: this.person, wall: Date.now(), now: serverNow(), store: { ...store, standing: [], samples } });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // a browser that keeps nothing shows nothing later
    } finally {
      this.saving = false;
    }
  }

  /** @param {(kept: any) => void} show */
  async load(show) {
    if (this.store()?.view) return;
    const kept = await vault.get("views", this.name).catch(() => undefined);
    if (!kept || kept.person !== this.person || this.store()?.view) return;
    setServerNow(new Date(kept.now + (Date.now() - kept.wall)).toISOString());
    show(kept);
  }
}
