import { expect, it } from 'vitest';
import { twoPartTimeline } from '@/test/fixtures';
import { exportName, exportText } from './exportTimeline';

it.each([
  ['call.mp3', 'csv', 'call.csv'],
  ['a.b.wav', 'TextGrid', 'a.b.TextGrid'],
  ['noise', 'vtt', 'noise.vtt'],
])('names what comes from %s', (fileName, extension, name) => {
  expect(exportName(fileName, extension)).toBe(name);
});

it('writes JSON as it was answered', () => {
  expect(JSON.parse(exportText(twoPartTimeline, 'json'))).toEqual(twoPartTimeline);
});

it.each([
  ['csv', 'start_s,end_s,emotion,confidence,low_information,Angry,Happy,Sad,Disgust\n0,6,Happy,'],
  ['vtt', 'WEBVTT\n\n1\n00:00:00.000 --> 00:00:06.000\nHappy 84%\n\n2\n'],
  ['audacity', '0.000\t6.000\tHappy\n8.000\t12.000\tSad\n'],
  ['rttm', 'SPEAKER recording 1 0.000 6.000 <NA> <NA> Happy 0.8423 <NA>\n'],
] as const)('writes %s', (format, begin) => {
  expect(exportText(twoPartTimeline, format).slice(0, begin.length)).toBe(begin);
});

it('fills the silence of a TextGrid, which may have no gaps', () => {
  const interval = /xmin = ([\d.]+)\n +xmax = ([\d.]+)\n +text = "(.*)"/g;
  const found = exportText(twoPartTimeline, 'textgrid').matchAll(interval);
  expect(Array.from(found, ([, ...values]) => values)).toEqual([
    ['0.000', '6.000', 'Happy'],
    ['6.000', '8.000', ''],
    ['8.000', '12.000', 'Sad'],
  ]);
});

it('keeps each format whole, whatever a label holds', () => {
  const [first] = twoPartTimeline.segments;
  if (!first) throw new Error('It has segments.');
  const hostile = { ...twoPartTimeline, segments: [{ ...first, emotion: 'Ha\r\n\n-->"p<b>&y\tX" \0' }] };
  expect(exportText(hostile, 'vtt').trimEnd().split('\n\n')).toHaveLength(2);
  expect(exportText(hostile, 'vtt')).not.toMatch(/-->.*-->/);
  expect(exportText(hostile, 'audacity').split('\n')).toHaveLength(2);
  expect(exportText(hostile, 'csv').split('\n')[1]).toContain('"Ha -->""p<b>&y X"""');
  expect(exportText(hostile, 'textgrid')).toContain('text = "Ha -->""p<b>&y X"""');
  expect(exportText(hostile, 'rttm').split(' ')).toHaveLength(10);
});
