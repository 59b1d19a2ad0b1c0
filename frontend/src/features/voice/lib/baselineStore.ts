import * as z from 'zod/mini';
import { readStored, removeStored, writeStored } from '@/lib/storage';

export const BASELINES_KEY = 'ser.voices';
export const ADAPT_KEY = 'ser.adapt';

const baselineSchema = z.object({
  /** Token of POST /baseline; only the server reads it. */
  token: z.string().check(z.minLength(1)),
  /** Seconds of speech in it. */
  speechS: z.number().check(z.gte(0)),
});

const baselinesSchema = z.record(z.string(), baselineSchema);

export type Baseline = z.infer<typeof baselineSchema>;

/** Keyed by `baseline_kind`, which several models may share. */
type Baselines = Partial<Record<string, Baseline>>;

export interface BaselineState {
  /** Recorded in the dialog and kept in this browser. */
  learned: Baselines;
  /** Updated by each result of this session; lost when the page is closed. */
  adapted: Baselines;
  isAdapting: boolean;
  /** The browser's storage is full or blocked. */
  cannotStore: boolean;
  /** Kinds whose stored baseline the server could not read. */
  dropped: string[];
}

/** The baseline of a request; its answer counts only if the revision is unchanged. */
export interface SentBaseline {
  kind: string;
  token: string | undefined;
  /** Seconds of speech in it; 0 without a token. */
  speechS: number;
  revision: number;
}

function without(baselines: Baselines, kind: string): Baselines {
  return Object.fromEntries(Object.entries(baselines).filter(([each]) => each !== kind));
}

function restored(): BaselineState {
  return {
    learned: readStored(BASELINES_KEY, baselinesSchema) ?? {},
    adapted: {},
    isAdapting: readStored(ADAPT_KEY, z.boolean()) ?? true,
    cannotStore: false,
    dropped: [],
  };
}

export function baselineOf({ learned, adapted }: BaselineState, kind: string): Baseline | undefined {
  return adapted[kind] ?? learned[kind];
}

/** The user's baselines. They live in this browser; the server keeps nothing. */
export class BaselineStore {
  #state = restored();
  /** Incremented by each change. */
  #revision = 0;
  readonly #listeners = new Set<() => void>();

  readonly getState = (): BaselineState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The baseline for the next request. */
  take(kind: string): SentBaseline {
    const baseline = baselineOf(this.#state, kind);
    return { kind, token: baseline?.token, speechS: baseline?.speechS ?? 0, revision: this.#revision };
  }

  learn(kind: string, voice: Baseline): void {
    const { learned, adapted, dropped } = this.#state;
    this.#change({
      ...this.#stored({ ...learned, [kind]: voice }),
      adapted: without(adapted, kind),
      dropped: dropped.filter((each) => each !== kind),
    });
  }

  /** Stores the updated baseline, unless something changed since the request. */
  grow({ kind, revision }: SentBaseline, voice: Baseline): void {
    if (revision !== this.#revision || !this.#state.isAdapting) return;
    this.#change({ adapted: { ...this.#state.adapted, [kind]: voice } });
  }

  /** Removes a baseline that the server cannot read. */
  drop({ kind, token }: SentBaseline): void {
    const { learned, adapted, dropped } = this.#state;
    if (adapted[kind]?.token === token) this.#change({ adapted: without(adapted, kind) });
    if (learned[kind]?.token !== token) return;
    this.#change({ ...this.#stored(without(learned, kind)), dropped: [...dropped, kind] });
  }

  forget(): void {
    this.#change({ ...this.#stored({}), adapted: {}, dropped: [] });
  }

  /** Drops what this session adapted and keeps the learned baselines. */
  endSession(): void {
    this.#change({ adapted: {} });
  }

  adapt(isAdapting: boolean): void {
    writeStored(ADAPT_KEY, isAdapting);
    this.#change({ isAdapting, adapted: {} });
  }

  /** Follows changes of other tabs, until the returned function is called. */
  followOtherTabs(): () => void {
    const follow = ({ key }: StorageEvent) => {
      // A null key means that all of the storage was cleared.
      if (key === BASELINES_KEY || key === null) this.#change(restored());
    };
    window.addEventListener('storage', follow);
    return () => {
      window.removeEventListener('storage', follow);
    };
  }

  #stored(learned: Baselines): Pick<BaselineState, 'learned' | 'cannotStore'> {
    if (Object.keys(learned).length > 0) {
      return { learned, cannotStore: !writeStored(BASELINES_KEY, learned) };
    }
    removeStored(BASELINES_KEY);
    return { learned, cannotStore: false };
  }

  #change(part: Partial<BaselineState>): void {
    this.#state = { ...this.#state, ...part };
    this.#revision += 1;
    for (const listener of this.#listeners) listener();
  }
}
