import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { download } from '@/lib/download';
import { twoPartTimeline } from '@/test/fixtures';
import { ExportButtons } from './ExportButtons';

vi.mock('@/lib/download', () => ({ download: vi.fn() }));

it('saves a file under the name of the recording', async () => {
  render(<ExportButtons fileName="call.mp3" timeline={twoPartTimeline} />);
  await userEvent.click(screen.getByRole('button', { name: 'WebVTT' }));
  expect(download).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining('00:00:08.000 --> 00:00:12.000'),
    'call.vtt',
    'text/vtt;charset=utf-8',
  );
});
