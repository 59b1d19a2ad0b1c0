/** Ten minutes in pieces of 3 s, of about 50 kB each. */
const MOST_CLIPS = 200;

/** The recordings of the last results, by when they ended. In memory only: they go with the page. */
export class LiveClips {
  readonly #files = new Map<number, File>();

  keep(endedAtMs: number, file: File): void {
    this.#files.set(endedAtMs, file);
    const oldest = this.#files.keys().next();
    if (this.#files.size > MOST_CLIPS && !oldest.done) this.#files.delete(oldest.value);
  }

  at(endedAtMs: number): File | undefined {
    return this.#files.get(endedAtMs);
  }

  clear(): void {
    this.#files.clear();
  }
}
