import * as z from 'zod/mini';

/** The stored value of a key; undefined where there is none of that shape. */
export function readStored<T>(key: string, schema: z.ZodMiniType<T>): T | undefined {
  try {
    const text = window.localStorage.getItem(key);
    return text === null ? undefined : z.parse(schema, JSON.parse(text));
  } catch {
    // Storage may be blocked, or hold the data of another version.
    return undefined;
  }
}

/** Returns whether the browser stored the value; it refuses when its storage is blocked or full. */
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
