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

/** What is shorter holds too little speech for an answer. */
export const SHORTEST_CHUNK_MS = 800;

/** Ends the recording. The unfinished chunk is delivered if it is long enough, some time later perhaps. */
export type StopRecording = () => void;
