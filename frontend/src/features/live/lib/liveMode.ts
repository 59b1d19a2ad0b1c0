/** How audio is sent: chunks of 3 s by POST /predict, or a WebSocket stream. */
export type LiveMode = 'chunks' | 'stream';

/** Whether this browser has what streaming needs. */
export function canStream(): boolean {
  return typeof WebSocket !== 'undefined' && typeof AudioWorkletNode !== 'undefined';
}
