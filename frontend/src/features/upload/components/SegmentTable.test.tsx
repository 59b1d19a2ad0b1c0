import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import type { Segment } from '@/lib/timelineSchemas';
import { twoPartTimeline } from '@/test/fixtures';
import { SegmentTable } from './SegmentTable';

const { segments } = twoPartTimeline;

it('lists the time, emotion and confidence of each segment', () => {
  render(<SegmentTable segments={segments} playedIndex={1} onPlay={vi.fn()} />);
  const rows = screen.getAllByTestId('segment-row');
  expect(rows.map((row) => row.textContent)).toEqual([
    expect.stringMatching(/00:00\.0 – 00:06\.0.*Happy84%/),
    expect.stringMatching(/00:08\.0 – 00:12\.0.*Sad,\s*Uncertain64%/),
  ]);
  expect(rows.map((row) => row.getAttribute('aria-current'))).toEqual([null, 'true']);
});

it('plays from the beginning of a segment, by keyboard too', async () => {
  const onPlay = vi.fn();
  render(<SegmentTable segments={segments} playedIndex={-1} onPlay={onPlay} />);
  await userEvent.click(screen.getByRole('button', { name: /Play 00:08/ }));
  await userEvent.keyboard('{ArrowUp}{Enter}{End}{Enter}{Home}{ArrowUp}{Enter}');
  expect(onPlay.mock.calls.map(([segment]: Segment[]) => segment?.start_s)).toEqual([8, 0, 8, 0]);
});

it('has nothing to play where the browser cannot', () => {
  render(<SegmentTable segments={segments} playedIndex={-1} onPlay={undefined} />);
  expect(screen.queryByRole('button')).not.toBeInTheDocument();
  expect(screen.getAllByTestId('segment-row')).toHaveLength(2);
});

it('shows many a page at a time', () => {
  const [segment] = segments;
  if (!segment) throw new Error('The fixture has segments.');
  const many = Array.from({ length: 230 }, (_, i) => ({ ...segment, start_s: i, end_s: i + 1 }));
  render(<SegmentTable segments={many} playedIndex={-1} onPlay={vi.fn()} />);
  expect(screen.getAllByTestId('segment-row')).toHaveLength(100);
  expect(screen.getByTestId('more-segments')).toHaveTextContent('130 of 230 are hidden');
  fireEvent.click(screen.getByTestId('more-segments'));
  fireEvent.click(screen.getByTestId('more-segments'));
  expect(screen.getAllByTestId('segment-row')).toHaveLength(230);
  expect(screen.queryByTestId('more-segments')).not.toBeInTheDocument();
});

it('is one stop of the Tab key, and that follows the playback', async () => {
  const { rerender } = render(<SegmentTable segments={segments} playedIndex={-1} onPlay={vi.fn()} />);
  await userEvent.tab();
  expect(screen.getByRole('button', { name: /Play 00:00/ })).toHaveFocus();
  await userEvent.tab();
  expect(document.body).toHaveFocus();
  rerender(<SegmentTable segments={segments} playedIndex={1} onPlay={vi.fn()} />);
  await userEvent.tab();
  expect(screen.getByRole('button', { name: /Play 00:08/ })).toHaveFocus();
});

it('shows what plays, even where it was hidden', () => {
  const [segment] = segments;
  if (!segment) throw new Error('The fixture has segments.');
  const many = Array.from({ length: 230 }, (_, i) => ({ ...segment, start_s: i, end_s: i + 1 }));
  render(<SegmentTable segments={many} playedIndex={150} onPlay={vi.fn()} />);
  expect(screen.getAllByTestId('segment-row')[150]).toHaveAttribute('aria-current', 'true');
});

it('says whose speech a segment is, where voices are told apart', () => {
  const voices = [1, 2].map((id) => ({ ...twoPartTimeline, id, channel: id }));
  const spoken = segments.map((segment, i) => ({ ...segment, voice: i + 1 }));
  render(<SegmentTable segments={spoken} voices={voices} playedIndex={-1} onPlay={vi.fn()} />);
  expect(screen.getByRole('row', { name: /Left channel.*Happy/ })).toBeInTheDocument();
  expect(screen.getByRole('row', { name: /Right channel.*Sad/ })).toBeInTheDocument();
});
