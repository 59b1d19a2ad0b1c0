import * as z from 'zod/mini';
import { readStored, removeStored, writeStored } from './storage';

export const VOICES_KEY = 'ser.voices';
export const ADAPT_KEY = 'ser.adapt';

const voiceSchema = z.object({
  /** What the server made of the voice: the only one who can read it. */
  token: z.string().check(z.minLength(1)),
  /** How much speech is in it. */
  speechS: z.number().check(z.gte(0)),
});

const voicesSchema = z.record(z.string(), voiceSchema);

export type Voice = z.infer<typeof voiceSchema>;

/** By the kind of baseline, which several models may share. */
type Voices = Partial<Record<string, Voice>>;

export interface VoiceState {
  /** Read aloud once, and kept in this browser. */
  learned: Voices;
  /** Grown from the learned one, or from nothing, by what is heard; gone with the page. */
  adapted: Voices;
  isAdapting: boolean;
  /** The browser has no room for a voice, or does not let pages store anything. */
  cannotStore: boolean;
  /** The kinds whose learned voice the server could not read, until one is learned or all forgotten. */
  dropped: string[];
}

/** What went along with a request, so that its answer is taken only if nothing changed meanwhile. */
export interface SentVoice {
  kind: string;
  token: string | undefined;
  revision: number;
}

function without(voices: Voices, kind: string): Voices {
  return Object.fromEntries(Object.entries(voices).filter(([each]) => each !== kind));
}

function restored(): VoiceState {
  return {
    learned: readStored(VOICES_KEY, voicesSchema) ?? {},
    adapted: {},
    isAdapting: readStored(ADAPT_KEY, z.boolean()) ?? true,
    cannotStore: false,
    dropped: [],
  };
}

export function voiceOf({ learned, adapted }: VoiceState, kind: string): Voice | undefined {
  return adapted[kind] ?? learned[kind];
}

/** What this browser knows of the speaker's voice. The server keeps nothing. */
export class VoiceStore {
  #state = restored();
  /** Counts the changes. */
  #revision = 0;
  readonly #listeners = new Set<() => void>();

  readonly getState = (): VoiceState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** What to send along now. */
  take(kind: string): SentVoice {
    return { kind, token: voiceOf(this.#state, kind)?.token, revision: this.#revision };
  }

  learn(kind: string, voice: Voice): void {
    const { learned, adapted, dropped } = this.#state;
    this.#change({
      ...this.#stored({ ...learned, [kind]: voice }),
      adapted: without(adapted, kind),
      dropped: dropped.filter((each) => each !== kind),
    });
  }

  /** Takes what grew from `sent`, unless that is no longer the newest. */
  grow({ kind, revision }: SentVoice, voice: Voice): void {
    if (revision !== this.#revision || !this.#state.isAdapting) return;
    this.#change({ adapted: { ...this.#state.adapted, [kind]: voice } });
  }

  /** The server cannot read what was sent. */
  drop({ kind, token }: SentVoice): void {
    const { learned, adapted, dropped } = this.#state;
    if (adapted[kind]?.token === token) this.#change({ adapted: without(adapted, kind) });
    if (learned[kind]?.token !== token) return;
    this.#change({ ...this.#stored(without(learned, kind)), dropped: [...dropped, kind] });
  }

  forget(): void {
    this.#change({ ...this.#stored({}), adapted: {}, dropped: [] });
  }

  /** What was learned stays. */
  endSession(): void {
    this.#change({ adapted: {} });
  }

  adapt(isAdapting: boolean): void {
    writeStored(ADAPT_KEY, isAdapting);
    this.#change({ isAdapting, adapted: {} });
  }

  /** Forgets and learns along with the other tabs, until the returned function is called. */
  followOtherTabs(): () => void {
    const follow = ({ key }: StorageEvent) => {
      // Without a key, all of the storage was cleared.
      if (key === VOICES_KEY || key === null) this.#change(restored());
    };
    window.addEventListener('storage', follow);
    return () => {
      window.removeEventListener('storage', follow);
    };
  }

  #stored(learned: Voices): Pick<VoiceState, 'learned' | 'cannotStore'> {
    if (Object.keys(learned).length > 0) {
      return { learned, cannotStore: !writeStored(VOICES_KEY, learned) };
    }
    removeStored(VOICES_KEY);
    return { learned, cannotStore: false };
  }

  #change(part: Partial<VoiceState>): void {
    this.#state = { ...this.#state, ...part };
    this.#revision += 1;
    for (const listener of this.#listeners) listener();
  }
}
