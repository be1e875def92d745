"""What a browser keeps of Norket: counted, and read as somebody would who has the device in hand."""

import json
from typing import Any

from playwright.sync_api import Page

WAITING = """() => new Promise((done) => {
  const asked = indexedDB.open("norket");
  asked.onsuccess = () => {
    const base = asked.result, names = [...base.objectStoreNames];
    if (!names.includes("log")) { base.close(); done(0); return; }
    const count = base.transaction("log").objectStore("log").count();
    count.onsuccess = () => { base.close(); done(count.result); };
  };
})"""
# Every key and every value of every store, bytes as the letters that they might be; every name and body in Cache
# Storage; what lies in the two storages and in the cookies that a script can read.
EVERYTHING = """async () => {
  const letters = (bytes) => new TextDecoder("latin1").decode(bytes);
  const plain = (value) => JSON.stringify(value, (_, one) =>
    one instanceof ArrayBuffer ? letters(one) : ArrayBuffer.isView(one) ? letters(one.buffer)
    : one instanceof CryptoKey ? `key, readable: ${one.extractable}` : one);
  const ask = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = failed;
  });
  const stores = {};
  for (const { name } of await indexedDB.databases()) {
    const base = await ask(indexedDB.open(name));
    for (const store of base.objectStoreNames) {
      const place = base.transaction(store).objectStore(store);
      stores[`${name}/${store}`] = [plain(await ask(place.getAllKeys())), plain(await ask(place.getAll()))];
    }
    base.close();
  }
  const files = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) files[request.url] = await (await cache.match(request)).text();
  }
  const workers = (await navigator.serviceWorker.getRegistrations()).length;
  return {stores, files, workers, storages: plain([{...localStorage}, {...sessionStorage}, document.cookie])};
}"""


def waiting(page: Page) -> int:
    """How many commands wait in this browser."""
    return int(page.evaluate(WAITING))


def everything(page: Page) -> dict[str, Any]:
    """All that is kept: `stores` of IndexedDB, `files` of Cache Storage, `storages`, and how many `workers`."""
    found = page.evaluate(EVERYTHING)
    return dict(json.loads(json.dumps(found)))
