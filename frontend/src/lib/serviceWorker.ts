/**
 * Has the service worker keep the page for visits without a network.
 *
 * @returns whether it does: not where a page came by plain http from elsewhere, nor during development.
 */
export async function registerServiceWorker(): Promise<boolean> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return false;
  try {
    await navigator.serviceWorker.register(new URL('sw.js', document.baseURI));
    await navigator.serviceWorker.ready;
    return true;
  } catch {
    // A browser may refuse it, as in a private window.
    return false;
  }
}
