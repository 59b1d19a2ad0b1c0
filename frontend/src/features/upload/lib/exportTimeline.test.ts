import { expect, it, vi } from 'vitest';
import { apiService } from '../../../lib/apiService';
import { twoPartTimeline } from '../../../test/fixtures';
import { exportKinds, exportName, exportText } from './exportTimeline';

const { signal } = new AbortController();

it.each([
  ['call.mp3', 'csv', 'call.csv'],
  ['a.b.wav', 'TextGrid', 'a.b.TextGrid'],
  ['noise', 'vtt', 'noise.vtt'],
])('names what comes from %s', (fileName, extension, name) => {
  expect(exportName(fileName, extension)).toBe(name);
});

it('writes JSON itself, as the server said it', async () => {
  const text = await exportText(twoPartTimeline, 'json', signal);
  expect(JSON.parse(text)).toEqual(twoPartTimeline);
});

it('has the server write the others', async () => {
  const write = vi.spyOn(apiService, 'timelineFile').mockResolvedValue('a file');
  for (const { format } of exportKinds.slice(1)) {
    await expect(exportText(twoPartTimeline, format, signal)).resolves.toBe('a file');
  }
  expect(write.mock.calls.map(([, format]) => format)).toEqual([
    'csv',
    'vtt',
    'audacity',
    'textgrid',
    'rttm',
  ]);
});
