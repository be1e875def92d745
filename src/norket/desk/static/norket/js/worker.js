// @ts-check
/**
 * Lets the live page of a session, and the roster, open without the network. Styles and scripts are kept under a name made
 * from their content; a page is kept sealed, only the last of each that was opened here, and only beside the scripts that
 * it was made for. Everything else, the interface and the streams above all, never passes through here.
 */
import { vault } from "./vault.js";

const PREFIX = "norket-files-", PATIENCE_MS = 8000;
const PAGE = /^\/(roster\/|sessions\/[0-9a-f-]{36}\/(recovery\/|downtime\/)?)$/, ANEW = /\/(downtime|roster)\/$/, SHEET = /\/downtime\/$/, AWAY = new Set([502, 503, 504]);
/** @type {any} */
const scope = self;
/** @type {Set<string>} windows that were opened from what is kept: their scripts come from there too */
const fromHere = new Set();

/** @param {{version: string, files: string[]}} made */
export function serve({ version, files }) {
  const cache = PREFIX + version, known = new Set(files);
  scope.addEventListener("install", (/** @type {any} */ event) => { scope.skipWaiting(); event.waitUntil(fill(cache, files)); });
  scope.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(tidy(cache)));
  scope.addEventListener("message", (/** @type {any} */ event) => { if (event.data?.keep) event.waitUntil(Promise.all(event.data.keep.map((/** @type {string} */ url) => keepAsked(url, version)))); });
  scope.addEventListener("fetch", (/** @type {any} */ event) => {
    const { request } = event, { pathname, origin } = new URL(request.url);
    if (request.method !== "GET" || origin !== location.origin) return;
    if (request.mode === "navigate" && PAGE.test(pathname)) event.respondWith(page(event, pathname, version));
    else if (known.has(pathname)) event.respondWith(file(event, cache));
  });
}

/** @param {string} cache @param {string[]} files */
async function fill(cache, files) { await (await caches.open(cache)).addAll(files.map((path) => new Request(path, { cache: "reload" }))); }

/** @param {string} cache */
async function tidy(cache) {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== cache) await caches.delete(name);
  await scope.clients.claim();
}

/** @param {any} event @param {string} cache */
async function file(event, cache) {
  const kept = async () => (await (await caches.open(cache)).match(event.request, { ignoreSearch: true })) ?? Response.error();
  if (fromHere.has(event.clientId)) return kept();
  try {
    const answer = await fetch(event.request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok ? answer : kept();
  } catch {
    return kept();
  }
}

/** @returns {Promise<never>} */
function late() { return new Promise((_, failed) => setTimeout(() => failed(new TypeError("no answer")), PATIENCE_MS)); }

/** @param {any} event @param {string} path @param {string} version */
async function page(event, path, version) {
  try {
    const answer = await Promise.race([fetch(event.request), late()]); // a navigation takes no signal
    if (!AWAY.has(answer.status)) {
      if (answer.ok) event.waitUntil(keep(path, answer.clone(), version));
      return answer;
    }
    return (await open(event, path, version)) ?? answer;
  } catch (error) {
    const kept = await open(event, path, version);
    if (kept) return kept;
    throw error;
  }
}

/** @param {string} path @param {Response} answer @param {string} version */
async function keep(path, answer, version) {
  const html = await answer.text();
  if (answer.redirected || !html.includes(`data-files="${version}"`)) return; // made for other scripts than those kept here
  const policy = answer.headers.get("content-security-policy") ?? "default-src 'none'";
  await vault.put("pages", path, { html, policy, version, at: new Date().toISOString() });
}

/** @param {string} url @param {string} version */
async function keepAsked(url, version) {
  const { pathname } = new URL(url), kept = await vault.get("pages", pathname);
  if (!PAGE.test(pathname) || (kept?.version === version && !ANEW.test(pathname))) return;
  const answer = await fetch(pathname, { credentials: "same-origin" }).catch(() => undefined);
  if (answer?.ok) await keep(pathname, answer, version);
}

/** @param {any} event @param {string} path @param {string} version */
async function open(event, path, version) {
  const kept = await vault.get("pages", path);
  if (!kept || kept.version !== version) return undefined;
  if (SHEET.test(path) && await vault.isLocked()) return new Response("This screen is locked. Open it on its live page.", { status: 423, headers: { "content-type": "text/plain; charset=utf-8" } });
  fromHere.add(event.resultingClientId);
  const html = kept.html.replace(/<norket-(live|roster) /, `$&data-kept-at="${kept.at}" `);
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": kept.policy, "cache-control": "no-store" } });
}
