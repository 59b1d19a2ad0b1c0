import * as z from 'zod/mini';

/** What the browser keeps under a key, or undefined where it keeps nothing of that shape. */
export function readStored<T>(key: string, schema: z.ZodMiniType<T>): T | undefined {
  try {
    const text = window.localStorage.getItem(key);
    return text === null ? undefined : z.parse(schema, JSON.parse(text));
  } catch {
    // Storage may be blocked, or hold what another version of the page wrote.
    return undefined;
  }
}

/** Tells whether the browser took the value; it refuses when its storage is blocked or full. */
export function writeStored(key: string, value: unknown): boolean {
  try {
    window.localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function removeStored(key: string): void {
  try {
    window.localStorage.removeItem(key);
  } catch {
    // Where storage is blocked, there is nothing to remove.
  }
}
