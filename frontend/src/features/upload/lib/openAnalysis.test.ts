import { describe, expect, it } from 'vitest';
import { silentTimeline, twoPartTimeline } from '@/test/fixtures';
import { exportText } from './exportTimeline';
import { openAnalysis, readAnalysis } from './openAnalysis';

function jsonFile(...parts: BlobPart[]) {
  return new File(parts, 'call.json', { type: 'application/json' });
}

it('opens what was exported, with every field', async () => {
  expect(readAnalysis(exportText(twoPartTimeline, 'json'))).toEqual(twoPartTimeline);
  const state = await openAnalysis(jsonFile(exportText(twoPartTimeline, 'json')));
  expect(state).toEqual({ phase: 'done', timeline: twoPartTimeline, asked: {} });
});

it('opens an analysis without speech', async () => {
  const state = await openAnalysis(jsonFile(exportText(silentTimeline, 'json')));
  expect(state).toEqual({ phase: 'no_speech', timeline: silentTimeline });
});

describe('refuses what is none', () => {
  const [first, second] = twoPartTimeline.segments;
  if (!first || !second) throw new Error('The fixture has two segments.');
  const changed = (change: object) => JSON.stringify({ ...twoPartTimeline, ...change });
  const many = <T,>(count: number, each: T) => new Array<T>(count).fill(each);
  const names = Object.fromEntries(many(40, 0).map((_, i) => [`E${i}`, 0.1]));

  it.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'RIFF\0\0WAVE'],
    ['another JSON', '{"emotion":"Happy"}'],
    ['a list', '[]'],
    ['nesting without an end', '['.repeat(200_000)],
    ['a number that is none', changed({ duration_s: null })],
    ['an endless recording', changed({ duration_s: 1e300 })],
    ['a recording of nothing', changed({ duration_s: 0 })],
    ['a negative time', changed({ segments: [{ ...first, start_s: -1 }] })],
    ['an end before its beginning', changed({ segments: [{ ...first, end_s: 0, start_s: 3 }] })],
    ['a segment beyond the end', changed({ segments: [{ ...first, end_s: 1e6 }] })],
    ['segments in disorder', changed({ segments: [second, first] })],
    ['a probability over 1', changed({ confidence: 7 })],
    ['markup instead of numbers', changed({ speech_s: '<img src=x onerror=alert(1)>' })],
    ['an emotion that is in no list', changed({ segments: [{ ...first, emotion: 'Glee' }] })],
    ['an emotion of the whole that is in no list', changed({ emotion: 'Glee' })],
    ['too many emotions', changed({ distribution: names, probabilities: names })],
    ['a name without an end', changed({ distribution: { ['A'.repeat(5000)]: 1 } })],
    ['an emotion called __proto__', changed({}).replaceAll('"Happy"', '"__proto__"')],
    ['too many segments', changed({ segments: many(100_001, first) })],
    ['too many peaks', changed({ peaks: many(20_000, 1) })],
    ['peaks that are none', changed({ peaks: [1, 900] })],
    ['voices that are none', changed({ voices: [{ id: 1 }] })],
  ])('%s', async (_case, text) => {
    expect(await openAnalysis(jsonFile(text))).toMatchObject({
      phase: 'failed',
      problem: { code: 'bad_analysis', title: 'This is no analysis of a recording' },
    });
  });

  it('bytes at random', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const bytes = Uint8Array.from({ length: 500 }, (_, i) => (seed * 7919 + i * i * 104_729) % 256);
      expect(await openAnalysis(jsonFile(bytes))).toMatchObject({ phase: 'failed' });
    }
  });

  it('an export that was changed anywhere, or opens it: nothing is thrown', async () => {
    const text = exportText(twoPartTimeline, 'json');
    for (let at = 0; at < text.length; at += 97) {
      const state = await openAnalysis(jsonFile(`${text.slice(0, at)}"9${text.slice(at + 2)}`));
      expect(['done', 'failed']).toContain(state.phase);
    }
  });
});
