import { accessKey } from '../accessKey';
import { registerServiceWorker } from '../serviceWorker';

/** Files of the device mode, which the service worker answers with where there is no network. */
const DEVICE_CACHE = 'ser-device';

/**
 * Keeps files for visits without a network. The browser has most of them already, so they are hardly
 * loaded again.
 *
 * @returns whether it could: memory may be full, or the page have no service worker.
 */
export async function keepFiles(urls: readonly string[]): Promise<boolean> {
  if (!(await registerServiceWorker())) return false;
  try {
    const cache = await caches.open(DEVICE_CACHE);
    const kept = new Set(urls.map((url) => new URL(url, document.baseURI).href));
    await cache.addAll(Array.from(kept, (url) => new Request(url, { headers: accessKey.headersFor(url) })));
    // Of an older version of the page; other models may be wanted again.
    for (const { url } of await cache.keys()) {
      if (url.includes('/assets/') && !kept.has(url)) await cache.delete(url);
    }
    return true;
  } catch {
    return false;
  }
}
