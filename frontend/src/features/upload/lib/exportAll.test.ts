import { expect, it } from 'vitest';
import { audioFile, happyTimeline, twoPartTimeline } from '@/test/fixtures';
import type { SpeechTimeline } from '@/lib/timelineSchemas';
import { allSegmentsCsv } from './exportAll';
import { newUpload } from './uploads';

function done(name: string, timeline: SpeechTimeline) {
  const upload = newUpload(audioFile(name));
  return { ...upload, state: { phase: 'done', timeline, asked: {} } as const };
}

function lines(...uploads: Parameters<typeof allSegmentsCsv>[0]) {
  return allSegmentsCsv(uploads).split('\n');
}

it('writes one row per segment of each file, and none for a file without a result', () => {
  const found = lines(done('call.mp3', twoPartTimeline), newUpload(audioFile('later.wav')), done('a.wav', happyTimeline));
  expect(found[0]).toBe(
    '\uFEFFfile,model,start_s,end_s,emotion,confidence,low_information,Angry,Happy,Sad,Disgust',
  );
  expect(found.slice(1).map((line) => line.split(',').slice(0, 5))).toEqual([
    ['call.mp3', 'bilstm-cremad', '0', '6', 'Happy'],
    ['call.mp3', 'bilstm-cremad', '8', '12', 'Sad'],
    ['a.wav', 'bilstm-cremad', '0.2', '2.2', 'Happy'],
    [''],
  ]);
});

it('has a column for each emotion of any model', () => {
  const calm = { ...happyTimeline, distribution: { Calm: 2 } };
  const [head, first] = lines(done('a.wav', happyTimeline), done('b.wav', calm));
  expect(head).toMatch(/Angry,Happy,Sad,Disgust,Calm$/);
  expect(first).toMatch(/,$/);
});

it('tells whose speech it is, where voices are told apart', () => {
  const segments = twoPartTimeline.segments.map((segment, i) => ({ ...segment, voice: i + 1 }));
  const [head, first] = lines(done('a.wav', { ...twoPartTimeline, segments }));
  expect(head).toContain('end_s,voice,emotion');
  expect(first).toContain('0,6,1,Happy');
});

it.each(['=1+1.wav', '+1', '-1', '@SUM(A1)'])('lets no spreadsheet compute a file name: %s', (name) => {
  expect(lines(done(name, happyTimeline))[1]).toContain(`'${name},`);
});
