import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, it, vi } from 'vitest';
import { download } from '../../../lib/download';
import { twoPartTimeline } from '../../../test/fixtures';
import { server } from '../../../test/server';
import { ExportButtons } from './ExportButtons';

vi.mock('../../../lib/download', () => ({ download: vi.fn() }));

it('saves what the server writes, under the name of the recording', async () => {
  server.use(http.post('/timeline', () => HttpResponse.text('WEBVTT\n')));
  render(<ExportButtons fileName="call.mp3" timeline={twoPartTimeline} />);
  await userEvent.click(screen.getByRole('button', { name: 'WebVTT' }));
  await waitFor(() => {
    expect(download).toHaveBeenCalledExactlyOnceWith(
      'WEBVTT\n',
      'call.vtt',
      'text/vtt;charset=utf-8',
    );
  });
});

it('says so when the server does not, until the next try', async () => {
  const refused = { error: 'Timeline not readable', code: 'bad_timeline', detail: 'Send another.' };
  server.use(http.post('/timeline', () => HttpResponse.json(refused, { status: 422 })));
  render(<ExportButtons fileName="call.mp3" timeline={twoPartTimeline} />);
  await userEvent.click(screen.getByRole('button', { name: 'CSV' }));
  expect(await screen.findByRole('status')).toHaveTextContent(
    'Timeline not readable. Send another.',
  );
  await userEvent.click(screen.getByRole('button', { name: 'JSON' }));
  expect(screen.queryByRole('status')).not.toBeInTheDocument();
});
