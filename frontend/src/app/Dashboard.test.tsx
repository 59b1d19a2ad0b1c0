import { act, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { delay, http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RECORDING_MS } from '../features/live/lib/recordClip';
import { fakeStream, stubMediaDevices, stubMediaRecorder } from '../test/fakeMedia';
import { audioFile, happy } from '../test/fixtures';
import { server } from '../test/server';
import { Dashboard } from './Dashboard';

function answerWith(body: Record<string, unknown>, status = 200) {
  server.use(http.post('/predict', () => HttpResponse.json(body, { status })));
}

async function choose(file = audioFile()) {
  await userEvent.upload(screen.getByTestId('file-input'), file);
}

function status() {
  return screen.getByTestId('status-message');
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a chosen file', () => {
  it('leads to its emotion, its probabilities and an announcement', async () => {
    answerWith(happy);
    render(<Dashboard />);
    await choose(audioFile('laugh.wav'));
    expect(await screen.findByTestId('emotion-name')).toHaveTextContent('Happy');
    expect(screen.getByTestId('probability-Angry')).toHaveTextContent('5.1%');
    expect(screen.getByText('laugh.wav')).toBeInTheDocument();
    expect(status()).toHaveTextContent('Happy, 84.2% confidence');
    expect(status()).toHaveAttribute('aria-live', 'polite');
  });

  it('shows what the server says when it refuses', async () => {
    answerWith({ error: 'Audio too short', code: 'too_short', detail: 'It has 0.05 s.' }, 422);
    render(<Dashboard />);
    await choose();
    expect(await screen.findByText('Audio too short')).toBeInTheDocument();
    expect(status()).toHaveTextContent('It has 0.05 s.');
    expect(status()).toHaveTextContent('⚠️');
  });

  it('without speech is no error and no emotion', async () => {
    answerWith({ error: 'No speech detected', code: 'no_speech' }, 422);
    render(<Dashboard />);
    await choose();
    expect(await screen.findByText('No speech detected')).toBeInTheDocument();
    expect(status()).not.toHaveTextContent('⚠️');
    expect(screen.queryByTestId('emotion-name')).not.toBeInTheDocument();
  });

  it('can be cancelled on its way, and the focus stays near', async () => {
    server.use(
      http.post('/predict', async () => {
        await delay('infinite');
      }),
    );
    render(<Dashboard />);
    await choose();
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(status()).toHaveTextContent('Nothing heard yet');
    expect(screen.getByRole('region', { name: 'Result' })).toHaveFocus();
  });
});

describe('a recording', () => {
  it('leads to its emotion, and blocks the file picker meanwhile', async () => {
    vi.useFakeTimers();
    answerWith(happy);
    stubMediaDevices(() => Promise.resolve(fakeStream().stream));
    stubMediaRecorder(['audio/webm;codecs=opus']);
    render(<Dashboard />);

    fireEvent.click(screen.getByTestId('record-button'));
    expect(status()).toHaveTextContent('Waiting for the microphone');
    await act(() => vi.advanceTimersByTimeAsync(RECORDING_MS / 2));
    expect(status()).toHaveTextContent('Recording');
    expect(screen.getByTestId('file-input')).toBeDisabled();

    await act(() => vi.advanceTimersByTimeAsync(RECORDING_MS));
    vi.useRealTimers();
    expect(await screen.findByTestId('emotion-name')).toHaveTextContent('Happy');
    expect(screen.getByText('recording.webm')).toBeInTheDocument();
  });

  it('takes the last result away when it begins', async () => {
    answerWith(happy);
    stubMediaDevices(() => new Promise(() => undefined));
    render(<Dashboard />);
    await choose();
    await screen.findByTestId('emotion-name');
    await userEvent.click(screen.getByTestId('record-button'));
    expect(screen.queryByTestId('emotion-name')).not.toBeInTheDocument();
  });

  it('explains a denied permission', async () => {
    stubMediaDevices(() => Promise.reject(new DOMException('', 'NotAllowedError')));
    render(<Dashboard />);
    await userEvent.click(screen.getByTestId('record-button'));
    expect(await screen.findByText('The microphone is blocked')).toBeInTheDocument();
    expect(status()).toHaveTextContent('Allow the microphone');
  });
});

it('says what the answer is worth, where the audio goes, and where the API is described', () => {
  render(<Dashboard />);
  expect(screen.getByText(/estimate from the sound of a voice/)).toHaveTextContent(
    'sent to this server only and is not stored',
  );
  expect(screen.getByRole('link', { name: 'API documentation' })).toHaveAttribute('href', '/docs');
});
