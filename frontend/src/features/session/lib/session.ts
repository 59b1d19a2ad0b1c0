import * as z from 'zod/mini';
import { predictionSchema, type Prediction } from '../../../lib/apiSchemas';

const heardSchema = z.object({
  id: z.number(),
  endedAtMs: z.number(),
  /** Where the chunk lies in the time listened to, which stands still while nobody listens. */
  startS: z.number(),
  endS: z.number(),
  model: z.optional(z.string()),
  /** `null` when there was no speech. */
  prediction: z.nullable(predictionSchema),
});

/** One stretch of listening without a pause. */
const runSchema = z.object({
  startedAtMs: z.number(),
  /** What had been listened to before. */
  offsetS: z.number(),
  endedAtMs: z.nullable(z.number()),
});

export const sessionSchema = z.object({
  heard: z.array(heardSchema),
  skippedCount: z.number(),
  run: z.nullable(runSchema),
});

export type Heard = z.infer<typeof heardSchema>;
export type HeardEmotion = Heard & { prediction: Prediction };
export type Session = z.infer<typeof sessionSchema>;

export interface HeardChunk {
  /** Since the run began. */
  startS: number;
  endS: number;
  endedAtMs: number;
  model: string | undefined;
}

export type SessionAction =
  | { type: 'started'; atMs: number }
  | { type: 'stopped'; atMs: number }
  | { type: 'heard'; chunk: HeardChunk; prediction: Prediction | null }
  | { type: 'skipped' }
  | { type: 'cleared'; atMs: number };

export const emptySession: Session = { heard: [], skippedCount: 0, run: null };

export function durationS({ heard, run }: Session, nowMs: number): number {
  if (!run) return 0;
  const runS = Math.max(0, (run.endedAtMs ?? nowMs) - run.startedAtMs) / 1000;
  // The clock may have been set back; what was heard was listened to.
  return Math.max(run.offsetS + runS, heard.at(-1)?.endS ?? 0);
}

export function isRunning({ run }: Session): boolean {
  return run !== null && run.endedAtMs === null;
}

function stopped(session: Session, atMs: number): Session {
  if (!session.run || !isRunning(session)) return session;
  return { ...session, run: { ...session.run, endedAtMs: atMs } };
}

/** A session whose page went away while it ran has lasted as long as what it heard. */
export function endWithLastHeard(session: Session): Session {
  return stopped(session, session.run?.startedAtMs ?? 0);
}

function withHeard(session: Session, chunk: HeardChunk, prediction: Prediction | null): Session {
  const { heard, run } = session;
  // A chunk that was on its way when the session was cleared belongs to what was cleared.
  if (!run || chunk.endS <= 0) return session;
  const entry: Heard = {
    id: (heard.at(-1)?.id ?? 0) + 1,
    endedAtMs: chunk.endedAtMs,
    startS: run.offsetS + Math.max(0, chunk.startS),
    endS: run.offsetS + chunk.endS,
    prediction,
    ...(chunk.model !== undefined && { model: chunk.model }),
  };
  return { ...session, heard: [...heard, entry] };
}

export function sessionReducer(session: Session, action: SessionAction): Session {
  switch (action.type) {
    case 'started': {
      const run = {
        startedAtMs: action.atMs,
        offsetS: durationS(session, action.atMs),
        endedAtMs: null,
      };
      return { ...session, run };
    }
    case 'stopped':
      return stopped(session, action.atMs);
    case 'heard':
      return withHeard(session, action.chunk, action.prediction);
    case 'skipped':
      return { ...session, skippedCount: session.skippedCount + 1 };
    case 'cleared':
      return isRunning(session)
        ? { ...emptySession, run: { startedAtMs: action.atMs, offsetS: 0, endedAtMs: null } }
        : emptySession;
  }
}
