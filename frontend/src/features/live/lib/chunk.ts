export const CHUNK_MS = 3000;

/** A stretch of the microphone, decodable on its own. */
export interface Chunk {
  file: File;
  /** By the clock of the page, `performance.now()`, which nobody can set. */
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

/** Ends the recording; a chunk that has only begun is thrown away. */
export type StopRecording = () => void;
