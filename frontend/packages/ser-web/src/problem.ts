/** What went wrong, by the codes of the HTTP API; `unsupported` is of this package alone. */
export type Code =
  | 'too_short'
  | 'no_speech'
  | 'decode_failed'
  | 'bad_baseline'
  | 'baseline_too_short'
  | 'model_unavailable'
  | 'unsupported';

/** An error with a sentence for the user. */
export class Problem extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Problem';
    this.code = code;
  }
}
