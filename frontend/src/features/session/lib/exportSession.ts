import type { EmotionResult } from './session';
import type { SessionDocument } from './sessionDocument';
import type { SessionRecord } from './sessionRecord';
import { distribution, emotionsOf, uncertainCount } from './sessionViews';

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
export function toCsv({ results }: SessionRecord): string {
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

/** What an export as JSON holds, and the history. */
export function toDocument(record: SessionRecord, nowMs: number): SessionDocument {
  const { results } = record;
  const withIntensity = hasIntensity(results);
  const counts = distribution(results, emotionsOf(results, [])).map(
    ({ emotion, count }) => [emotion, count] as const,
  );
  return {
    exported_at: isoTime(nowMs),
    duration_s: seconds(record.durationS),
    uncertain_count: uncertainCount(results),
    no_speech_count: record.noSpeechCount,
    skipped_count: record.skippedCount,
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
      sentiment: prediction.sentiment ?? null,
      valence: prediction.valence ?? null,
      arousal: prediction.arousal ?? null,
      ...(withIntensity && { intensity: prediction.intensity ?? null }),
    })),
  };
}

export function toJson(record: SessionRecord, nowMs: number): string {
  return `${JSON.stringify(toDocument(record, nowMs), null, 2)}\n`;
}

export function exportFileName(extension: 'csv' | 'json', nowMs: number): string {
  const stamp = isoTime(nowMs).slice(0, 19).replaceAll(':', '-');
  return `ser-session-${stamp}.${extension}`;
}
