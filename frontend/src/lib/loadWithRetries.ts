const PAUSES_MS = [1000, 3000];

/**
 * Load a part of the page, and again where a connection was lost.
 *
 * Three times in all: a browser that is told to have a file early may give that lost answer to the first try.
 */
export async function loadWithRetries<Part>(load: () => Promise<Part>): Promise<Part> {
  for (const pause_ms of PAUSES_MS) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause_ms));
    }
  }
  return load();
}
