import { durationS, type EmotionResult, type Session } from './session';
import {
  distribution,
  emotionsOf,
  emotionResults,
  noSpeechCount,
  uncertainCount,
} from './sessionViews';

/** Without it, spreadsheets read UTF-8 as the system's code page. */
const BYTE_ORDER_MARK = '\uFEFF';

/** Spreadsheets run text that begins like a formula. */
function disarm(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function toCsvField(value: string | number): string {
  const text = typeof value === 'string' ? disarm(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

const seconds = (value: number) => Number(value.toFixed(3));

/** Derived from the probabilities; empty where the server derived none. */
const derivedNames = ['sentiment', 'valence', 'arousal'] as const;

/** Without a model that tells it, there is no empty column or field. */
function hasIntensity(results: EmotionResult[]): boolean {
  return results.some(({ prediction }) => typeof prediction.intensity === 'number');
}

/** One row per chunk with an emotion, one column per probability; RFC 4180, UTF-8. */
export function toCsv(session: Session): string {
  const results = emotionResults(session);
  const emotions = emotionsOf(results, []);
  const withIntensity = hasIntensity(results);
  const header = ['time', 'start_s', 'end_s', 'model', 'emotion', 'confidence', 'uncertain'];
  const rows = results.map(({ endedAtMs, startS, endS, model, prediction }) => [
    isoTime(endedAtMs),
    seconds(startS),
    seconds(endS),
    model ?? '',
    prediction.emotion,
    prediction.confidence,
    String(prediction.low_information ?? false),
    ...emotions.map((emotion) => prediction.probabilities[emotion] ?? ''),
    ...derivedNames.map((name) => prediction[name] ?? ''),
    ...(withIntensity ? [prediction.intensity?.toFixed(1) ?? ''] : []),
  ]);
  const columns = [
    ...emotions.map((emotion) => `probability_${emotion}`),
    ...derivedNames,
    ...(withIntensity ? ['intensity'] : []),
  ];
  const table = [[...header, ...columns], ...rows];
  const lines = table.map((row) => `${row.map(toCsvField).join(',')}\r\n`);
  return BYTE_ORDER_MARK + lines.join('');
}

export function toJson(session: Session, nowMs: number): string {
  const results = emotionResults(session);
  const withIntensity = hasIntensity(results);
  const counts = distribution(results, emotionsOf(results, [])).map(
    ({ emotion, count }) => [emotion, count] as const,
  );
  const document = {
    exported_at: isoTime(nowMs),
    duration_s: seconds(durationS(session, nowMs)),
    uncertain_count: uncertainCount(results),
    no_speech_count: noSpeechCount(session),
    skipped_count: session.skippedCount,
    counts: Object.fromEntries(counts),
    predictions: results.map(({ endedAtMs, startS, endS, model, prediction }) => ({
      time: isoTime(endedAtMs),
      start_s: seconds(startS),
      end_s: seconds(endS),
      model: model ?? null,
      emotion: prediction.emotion,
      confidence: prediction.confidence,
      uncertain: prediction.low_information ?? false,
      probabilities: prediction.probabilities,
      ...Object.fromEntries(derivedNames.map((name) => [name, prediction[name] ?? null])),
      ...(withIntensity && { intensity: prediction.intensity ?? null }),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

export function exportFileName(extension: 'csv' | 'json', nowMs: number): string {
  const stamp = isoTime(nowMs).slice(0, 19).replaceAll(':', '-');
  return `ser-session-${stamp}.${extension}`;
}
