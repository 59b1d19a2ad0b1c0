import * as z from 'zod/mini';
import { predictionSchema, type Prediction } from '@/lib/apiSchemas';

const resultSchema = z.object({
  id: z.number(),
  endedAtMs: z.number(),
  /** Position in the listening time, which stops while nobody listens. */
  startS: z.number(),
  endS: z.number(),
  model: z.optional(z.string()),
  /** `null` when there was no speech. */
  prediction: z.nullable(predictionSchema),
});

/** Listening from one start to its stop. */
const runSchema = z.object({
  startedAtMs: z.number(),
  /** Listening time before this run. */
  offsetS: z.number(),
  endedAtMs: z.nullable(z.number()),
});

export const sessionSchema = z.object({
  results: z.array(resultSchema),
  skippedCount: z.number(),
  run: z.nullable(runSchema),
});

export type SessionResult = z.infer<typeof resultSchema>;
export type EmotionResult = SessionResult & { prediction: Prediction };
export type Session = z.infer<typeof sessionSchema>;

export interface ResultSpan {
  /** Since the run began. */
  startS: number;
  endS: number;
  endedAtMs: number;
  model: string | undefined;
}

export type SessionAction =
  | { type: 'started'; atMs: number }
  | { type: 'stopped'; atMs: number }
  | { type: 'result'; chunk: ResultSpan; prediction: Prediction | null }
  | { type: 'skipped' }
  | { type: 'cleared'; atMs: number };

export const emptySession: Session = { results: [], skippedCount: 0, run: null };

export function durationS({ results, run }: Session, nowMs: number): number {
  if (!run) return 0;
  const runS = Math.max(0, (run.endedAtMs ?? nowMs) - run.startedAtMs) / 1000;
  // The clock may have been set back: the duration is never shorter than the results.
  return Math.max(run.offsetS + runS, results.at(-1)?.endS ?? 0);
}

export function isRunning({ run }: Session): boolean {
  return run !== null && run.endedAtMs === null;
}

function stopped(session: Session, atMs: number): Session {
  if (!session.run || !isRunning(session)) return session;
  return { ...session, run: { ...session.run, endedAtMs: atMs } };
}

/** A session whose page was closed while it ran ends with its last result. */
export function endWithLastResult(session: Session): Session {
  return stopped(session, session.run?.startedAtMs ?? 0);
}

function withResult(session: Session, chunk: ResultSpan, prediction: Prediction | null): Session {
  const { results, run } = session;
  // A result of a chunk that was sent before the session was cleared is dropped.
  if (!run || chunk.endS <= 0) return session;
  const entry: SessionResult = {
    id: (results.at(-1)?.id ?? 0) + 1,
    endedAtMs: chunk.endedAtMs,
    startS: run.offsetS + Math.max(0, chunk.startS),
    endS: run.offsetS + chunk.endS,
    prediction,
    ...(chunk.model !== undefined && { model: chunk.model }),
  };
  return { ...session, results: [...results, entry] };
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
    case 'result':
      return withResult(session, action.chunk, action.prediction);
    case 'skipped':
      return { ...session, skippedCount: session.skippedCount + 1 };
    case 'cleared':
      return isRunning(session)
        ? { ...emptySession, run: { startedAtMs: action.atMs, offsetS: 0, endedAtMs: null } }
        : emptySession;
  }
}
