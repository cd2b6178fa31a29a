// Keeps the page itself (never a message, never a file of a customer) so that it opens on a bad line or without one.

const SHELL = "sathi-{{version}}";
const FILES = {{shell}};
const PAGE_MS = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname === "/") event.respondWith(page(request));
  else if (url.pathname.startsWith("/chat/app/") || url.pathname.startsWith("/static/fonts/")) event.respondWith(file(request));
});

// The page from the server when it answers in time, else the kept one.
async function page(request) {
  const cache = await caches.open(SHELL);
  const kept = await cache.match("/");
  const fresh = fetch(request).then((answer) => {
    if (answer.ok) cache.put("/", answer.clone());
    return answer;
  });
  if (!kept) return fresh;
  const late = new Promise((done) => setTimeout(() => done(kept), PAGE_MS));
  return Promise.race([fresh.catch(() => kept), late]);
}

// Addresses of files change with their content, so a kept one is never wrong.
async function file(request) {
  const cache = await caches.open(SHELL);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) cache.put(request, answer.clone());
  return answer;
}
