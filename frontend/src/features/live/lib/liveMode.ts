/** How a voice goes to the server: in pieces of 3 s that are asked about, or as a stream. */
export type LiveMode = 'chunks' | 'stream';

/** Where it is missing, no stream can be made. */
export function canStream(): boolean {
  return typeof WebSocket !== 'undefined' && typeof AudioWorkletNode !== 'undefined';
}
