import { useCallback, useState } from 'react';
import type * as z from 'zod/mini';
import { readStored, writeStored } from './storage';

/** State that is stored in this browser. */
export function useStored<T>(
  key: string,
  schema: z.ZodMiniType<T>,
  initial: T,
): [T, (value: T) => void] {
  const [value, setValue] = useState(() => readStored(key, schema) ?? initial);
  const store = useCallback(
    (next: T) => {
      setValue(next);
      writeStored(key, next);
    },
    [key],
  );
  return [value, store];
}
