// @ts-check
/**
 * What this browser keeps of the record until the server has it: sealed with a key that no script can read out, and gone
 * at sign-out, but for what is not sent yet. The names of the places hold ids alone; everything that names or describes a patient is sealed.
 */
const NAME = "norket", VERSION = 1, KEY = "device", LOCK = "locked";
const STORES = { log: { autoIncrement: true }, views: {}, pages: {}, drafts: {}, keys: {} };
/** @typedef {"log"|"views"|"pages"|"drafts"|"keys"} Store */
/** @typedef {{iv: Uint8Array, data: ArrayBuffer}} Sealed */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function asked(request) { return new Promise((done, failed) => { request.onsuccess = () => done(request.result); request.onerror = () => failed(request.error); }); }

/** @param {IDBTransaction} work @returns {Promise<void>} only when it is on disk */
function committed(work) { return new Promise((done, failed) => { work.oncomplete = () => done(); work.onabort = work.onerror = () => failed(work.error); }); }

/** @returns {Promise<IDBDatabase>} */
function opened() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => { for (const [name, options] of Object.entries(STORES)) request.result.createObjectStore(name, options); };
  return asked(request).then((base) => { base.onversionchange = () => base.close(); return base; });
}

export class Vault {
  /** @returns {Promise<IDBDatabase>} */
  base() { return (this.opening ??= opened()); }

  /** @param {Store} store @param {(place: IDBObjectStore) => IDBRequest<any>|void} act @returns {Promise<any>} */
  async write(store, act) {
    const work = (await this.base()).transaction(store, "readwrite", { durability: "strict" });
    const request = act(work.objectStore(store));
    await committed(work);
    return request ? request.result : undefined;
  }

  /** @param {Store} store @param {(place: IDBObjectStore) => IDBRequest<any>} ask @returns {Promise<any>} */
  async read(store, ask) { return asked(ask((await this.base()).transaction(store).objectStore(store))); }

  /** The key of this sign-in: made once, kept by the browser, never readable. @returns {Promise<CryptoKey>} */
  async key() {
    const kept = await this.read("keys", (place) => place.get(KEY));
    if (kept) return kept;
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    let first = fresh;
    await this.write("keys", (place) => { const again = place.get(KEY); again.onsuccess = () => { if (again.result) first = again.result; else place.put(fresh, KEY); }; });
    return first;
  }

  /** @param {unknown} value @returns {Promise<Sealed>} */
  async seal(value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.key(), new TextEncoder().encode(JSON.stringify(value))) };
  }

  /** @param {Sealed} sealed @returns {Promise<any>} undefined where the key is another one: nobody reads it any more */
  async unseal({ iv, data }) {
    try {
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: /** @type {BufferSource} */ (iv) }, await this.key(), data)));
    } catch (error) {
      if (error instanceof DOMException && error.name === "OperationError") return undefined;
      throw error;
    }
  }

  /** @param {Store} store @param {string} name @param {unknown} value @param {Record<string, unknown>} [open] what stays readable beside it */
  async put(store, name, value, open = {}) {
    const sealed = await this.seal(value);
    return this.write(store, (place) => place.put({ ...open, sealed }, name));
  }

  /** @param {Store} store @param {string} name @returns {Promise<any>} */
  async get(store, name) {
    const kept = await this.read(store, (place) => place.get(name));
    return kept && this.unseal(kept.sealed);
  }

  /** @param {Store} store @param {string|number} name */
  drop(store, name) { return this.write(store, (place) => place.delete(name)); }

  /** Adds to the log; the number that comes back is its place in the order. @param {string} place @param {unknown} value @returns {Promise<number>} */
  async append(place, value) {
    const sealed = await this.seal(value);
    return this.write("log", (log) => log.add({ place, sealed }));
  }

  /** @param {number} n @param {string} place @param {unknown} value */
  async replace(n, place, value) {
    const sealed = await this.seal(value);
    return this.write("log", (log) => log.put({ place, sealed }, n));
  }

  /** Everything of one place in the order in which it was added. @param {string} place @returns {Promise<{n: number, value: any}[]>} */
  async list(place) {
    const log = (await this.base()).transaction("log").objectStore("log");
    const [rows, numbers] = await Promise.all([asked(log.getAll()), asked(log.getAllKeys())]);
    const mine = rows.flatMap((row, i) => (row.place === place ? [{ n: Number(numbers[i]), sealed: row.sealed }] : []));
    const found = await Promise.all(mine.map(async ({ n, sealed }) => ({ n, value: await this.unseal(sealed) })));
    return found.filter((one) => one.value !== undefined);
  }

  /** How many commands wait in this browser, whoever gave them. @returns {Promise<number>} */
  waiting() { return this.read("log", (log) => log.count()); }

  /** What was seen, not what was done: for the next person at this browser. */
  async forgetViews() {
    const work = (await this.base()).transaction(["views", "pages"], "readwrite");
    work.objectStore("views").clear();
    work.objectStore("pages").clear();
    return committed(work);
  }

  /** Nothing is left, the key least of all, so that what a disk still holds is noise; only what was done and is not sent
   * yet stays, sealed, with its key, for whoever did it. */
  async wipe() {
    const work = (await this.base()).transaction(Object.keys(STORES), "readwrite", { durability: "strict" });
    for (const name of ["views", "pages", "drafts"]) work.objectStore(name).clear();
    work.objectStore("keys").delete(LOCK);
    const waiting = work.objectStore("log").count();
    waiting.onsuccess = () => { if (!waiting.result) work.objectStore("keys").clear(); };
    return committed(work);
  }

  /** Kept beside the key, where the worker sees it too. @param {boolean} locked */
  setLocked(locked) { return this.write("keys", (place) => (locked ? place.put("yes", LOCK) : place.delete(LOCK))); }

  /** @returns {Promise<boolean>} */
  async isLocked() { return Boolean(await this.read("keys", (place) => place.get(LOCK))); }
}

export const vault = new Vault();
