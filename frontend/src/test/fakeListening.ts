import { vi } from 'vitest';
import type { Listening } from '@/features/live/hooks/useListening';

export function fakeListening(part: Partial<Listening> = {}): Listening {
  return {
    phase: 'idle',
    mode: 'chunks',
    cannotStream: false,
    monitor: null,
    server: { kind: 'up' },
    problem: null,
    streamStatus: null,
    start: vi.fn(),
    stop: vi.fn(),
    ...part,
  };
}
