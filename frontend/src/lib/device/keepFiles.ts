/** Files of the device mode, which the service worker answers with where there is no network. */
export const DEVICE_CACHE = 'ser-device';

/**
 * Keeps files for visits without a network. The browser has most of them already, so they are hardly
 * loaded again.
 *
 * @returns whether it could: pages that came by plain http from elsewhere cannot, nor where memory is full.
 */
export async function keepFiles(urls: readonly string[]): Promise<boolean> {
  if (!('serviceWorker' in navigator)) return false;
  try {
    const cache = await caches.open(DEVICE_CACHE);
    await cache.addAll(new Set(urls.map((url) => new URL(url, document.baseURI).href)));
    return true;
  } catch {
    return false;
  }
}
