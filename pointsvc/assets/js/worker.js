// Keeps the last good copy of each board that was opened here, with its styles, scripts and pictures, for
// when the network is away. It never answers in the place of the network while that is there.
const KEPT = "boards";
const OURS = /^\/(b\/[a-z0-9-]+(\/screen)?$|b\/[a-z0-9-]+\/photos\/|static\/)/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(keepOpenPages()));

// The page that brought this worker was loaded before it: what belongs to it is fetched once more.
async function keepOpenPages() {
  await self.clients.claim();
  const cache = await caches.open(KEPT);
  for (const client of await self.clients.matchAll({ type: "window" })) {
    const page = await fetch(client.url, { credentials: "omit" });
    if (!page.ok) continue;
    const parts = [...(await page.clone().text()).matchAll(/(?:src|href)="(\/(?:static|b)\/[^"]+)"/g)];
    await cache.put(new URL(client.url).pathname, page);
    const wanted = parts.map((found) => found[1]).filter((path) => OURS.test(path));
    await Promise.allSettled(wanted.map((path) => cache.add(path)));
  }
}

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || !OURS.test(pathname)) return;
  event.respondWith(answer(event.request, pathname));
});

async function answer(request, pathname) {
  const cache = await caches.open(KEPT);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put(pathname, fresh.clone());
    // A board that was taken down, a photo whose consent was withdrawn: the copy goes too.
    if (fresh.status === 404) await cache.delete(pathname);
    return fresh;
  } catch (error) {
    // A screen that asks whether anything is new must hear that nobody answers.
    const kept = request.cache === "no-store" ? undefined : await cache.match(pathname);
    if (kept) return kept;
    throw error;
  }
}
