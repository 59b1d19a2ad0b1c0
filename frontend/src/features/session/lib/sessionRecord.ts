import { durationS, type EmotionResult, type Session } from './session';
import { emotionResults, noSpeechCount } from './sessionViews';

/** A session to look back at: what is exported, opened again and kept in the history. */
export interface SessionRecord {
  /** How long somebody listened. */
  durationS: number;
  noSpeechCount: number;
  skippedCount: number;
  /** Oldest first. */
  results: EmotionResult[];
}

export function recordOf(session: Session, nowMs: number): SessionRecord {
  return {
    durationS: durationS(session, nowMs),
    noSpeechCount: noSpeechCount(session),
    skippedCount: session.skippedCount,
    results: emotionResults(session),
  };
}

/** The part of a session after a time. */
export function recordSince(session: Session, sinceMs: number, nowMs: number): SessionRecord {
  const results = session.results.filter(({ endedAtMs }) => endedAtMs > sinceMs);
  if (results.length === session.results.length) return recordOf(session, nowMs);
  const beginS = results[0]?.startS ?? 0;
  const after = results.map((result) => ({
    ...result,
    startS: Math.max(0, result.startS - beginS),
    endS: result.endS - beginS,
  }));
  // When chunks were skipped is not known.
  const rest = recordOf({ results: after, skippedCount: 0, run: null }, nowMs);
  return { ...rest, durationS: results.length > 0 ? durationS(session, nowMs) - beginS : 0 };
}
