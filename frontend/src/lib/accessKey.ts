import { useSyncExternalStore } from 'react';
import { apiUrl } from './site';

/** Of this tab alone, until it is closed. */
const STORAGE_KEY = 'ser.key';

/** What a server's subprotocol is called; it chooses this one, so that the key is not sent back. */
const STREAM_PROTOCOL = 'ser.stream';
const KEY_PROTOCOL = 'ser.bearer.';

/** All that a key may consist of, so that it can stand in a header and in a subprotocol. */
const KEY_FORM = /^[\w-]{1,128}$/;

export interface Access {
  hasKey: boolean;
  /** The server has asked for one. */
  isNeeded: boolean;
  /** The user is being asked. */
  isAsking: boolean;
  /** The server accepts the key no longer. */
  wasRefused: boolean;
}

function stored(): string | undefined {
  try {
    return window.sessionStorage.getItem(STORAGE_KEY) ?? undefined;
  } catch {
    // Storage may be blocked: the key is then known until the page is loaded again.
    return undefined;
  }
}

function store(key: string | undefined): void {
  try {
    if (key === undefined) window.sessionStorage.removeItem(STORAGE_KEY);
    else window.sessionStorage.setItem(STORAGE_KEY, key);
  } catch {
    // As above.
  }
}

export function hasKeyForm(text: string): boolean {
  return KEY_FORM.test(text);
}

export function bearer(key: string): Record<string, string> {
  return { Authorization: `Bearer ${key}` };
}

/** The key for the server's API: asked for when the server wants one, and sent with each request. */
export class AccessKey {
  #key = stored();
  #access: Access = { hasKey: this.#key !== undefined, isNeeded: false, isAsking: false, wasRefused: false };
  /** The user does not want to be asked. */
  #isDeclined = false;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getState = (): Access => this.#access;

  get key(): string | undefined {
    return this.#key;
  }

  headers(): Record<string, string> {
    return this.#key === undefined ? {} : bearer(this.#key);
  }

  /** The same for an address, if it is one of the API. */
  headersFor(url: string): Record<string, string> {
    const models = new URL(`${apiUrl}/models`, document.baseURI).href;
    return url === models || url.startsWith(`${models}/`) ? this.headers() : {};
  }

  /** What a WebSocket offers: it can send no header. */
  protocols(): string[] {
    return this.#key === undefined ? [] : [STREAM_PROTOCOL, KEY_PROTOCOL + this.#key];
  }

  /**
   * Asks for another key than the one that the server refused, unless there is one already.
   *
   * @returns whether there is one; not where the user does not want to be asked.
   */
  async renew(refused: string | undefined, signal?: AbortSignal): Promise<boolean> {
    if (this.#key !== refused) return true;
    this.#change({ isNeeded: true, wasRefused: refused !== undefined });
    if (this.#isDeclined) return false;
    this.#change({ isAsking: true });
    await this.#answered(signal);
    return this.#key !== refused;
  }

  /** Asks the user, also who did not want that before. */
  ask(): void {
    this.#isDeclined = false;
    this.#change({ isAsking: true });
  }

  /** Lets the next refused request ask. */
  reconsider(): void {
    this.#isDeclined = false;
  }

  use(key: string): void {
    this.#key = key;
    store(key);
    this.#isDeclined = false;
    this.#change({ hasKey: true, isNeeded: true, isAsking: false, wasRefused: false });
  }

  decline(): void {
    this.#isDeclined = true;
    this.#change({ isAsking: false });
  }

  forget(): void {
    this.#key = undefined;
    store(undefined);
    this.#isDeclined = true;
    this.#change({ hasKey: false, isAsking: false, wasRefused: false });
  }

  #answered(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        if (this.#access.isAsking && !signal?.aborted) return;
        unsubscribe();
        signal?.removeEventListener('abort', settle);
        resolve();
      };
      const unsubscribe = this.subscribe(settle);
      signal?.addEventListener('abort', settle);
      settle();
    });
  }

  #change(change: Partial<Access>): void {
    this.#access = { ...this.#access, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

export const accessKey = new AccessKey();

export function useAccess(): Access {
  return useSyncExternalStore(accessKey.subscribe, accessKey.getState);
}
