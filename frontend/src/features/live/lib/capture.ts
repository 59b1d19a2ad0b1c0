/** A recording under way. `release` ends it without a result and may be called after `finish`. */
export interface Capture {
  finish: () => Promise<File>;
  release: () => Promise<void>;
}
