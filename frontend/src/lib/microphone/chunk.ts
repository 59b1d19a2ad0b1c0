export const CHUNK_MS = 3000;

/** A part of the recording that can be decoded alone. */
export interface Chunk {
  file: File;
  /** `performance.now()`, which does not jump when the system clock is set. */
  startMs: number;
  endMs: number;
}

export interface ChunkHandlers {
  onChunk: (chunk: Chunk) => void;
  onFailure: (error: unknown) => void;
}

export interface ChunkOptions extends ChunkHandlers {
  chunkMs?: number;
}

/** Ends the recording and discards the unfinished chunk. */
export type StopRecording = () => void;
