export {};

declare const self: ServiceWorkerGlobalScope;
/** What the page consists of, relative to it, and a hash of all of that: `vite.config.ts` writes them. */
declare const PAGE_FILES: string[];
declare const PAGE_VERSION: string;

const files = new Set(PAGE_FILES);
const PAGE_CACHES = 'ser-page-';
const PAGE_CACHE = PAGE_CACHES + PAGE_VERSION;
/** What a server, or a page that is only files, tells of models. */
const MODELS = /^models(\/|$)|^(models|comparison)\.json$/;

/** So long the network may take to begin an answer where one was kept; less than the page waits for any. */
const PATIENCE_MS = 3_000;

self.addEventListener('install', (event) => {
  event.waitUntil(keepPage());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(takeOver());
});

self.addEventListener('fetch', (event) => {
  const answer = answerTo(event.request);
  if (answer) event.respondWith(answer);
});

async function keepPage(): Promise<void> {
  const cache = await caches.open(PAGE_CACHE);
  // Not what the browser kept of an older version.
  await cache.addAll(Array.from(files, (file) => new Request(file, { cache: 'no-cache' })));
  await self.skipWaiting();
}

async function takeOver(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(PAGE_CACHES) && name !== PAGE_CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

/** Undefined for what is the server's alone: all of the API but its models. */
function answerTo(request: Request): Promise<Response> | undefined {
  const { href } = new URL(request.url);
  const { scope } = self.registration;
  if (request.method !== 'GET' || !href.startsWith(scope)) return undefined;
  const [path = ''] = href.slice(scope.length).split(/[?#]/);
  // A name with a hash in it always means the same content.
  if (path.startsWith('assets/')) return keptFirst(request);
  if (path === '' || path === 'index.html') return networkFirst(request, scope);
  const isKept = files.has(path) || MODELS.test(path);
  return isKept ? networkFirst(request, request.url) : undefined;
}

async function keptFirst(request: Request): Promise<Response> {
  return (await caches.match(request.url)) ?? fetch(request);
}

/** The same, or `undefined` where it takes longer than `PATIENCE_MS`. */
async function soon(answer: Promise<Response>): Promise<Response | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined);
    }, PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The network's answer, so that no old page meets a new server; without a network, or where it
 * hangs, what was kept.
 */
async function networkFirst(request: Request, keptAs: string): Promise<Response> {
  const kept = await caches.match(keptAs);
  if (!kept) return fetch(request);
  const response = await soon(fetch(request)).catch(() => undefined);
  // A proxy answers for a server that is away.
  if (!response || response.status >= 500) return kept;
  if (response.ok) await renew(keptAs, response.clone());
  return response;
}

/** Replaces what was kept of it, if anything was, and it is not the same. */
async function renew(url: string, response: Response): Promise<void> {
  const etag = response.headers.get('ETag');
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    const kept = await cache.match(url);
    if (kept && !(etag && kept.headers.get('ETag') === etag)) void cache.put(url, response.clone());
  }
}
