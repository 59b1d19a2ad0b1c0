import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CHUNK_MS } from '@/lib/microphone/chunk';
import type { Models, PredictAnswer, Prediction } from '@/lib/apiSchemas';
import { apiService, type PredictOptions } from '@/lib/apiService';
import { ProblemError } from '@/lib/problem';
import {
  fakeStream,
  stubAudioContext,
  stubMediaDevices,
  stubMediaRecorder,
} from '@/test/fakeMedia';
import { comparison, happy, model, otherModel, sad } from '@/test/fixtures';
import { server } from '@/test/server';
import { stubMatchMedia } from '@/test/stubMatchMedia';
import { stubWebSocket, type FakeSocket } from '@/test/fakeWebSocket';
import { Dashboard } from './Dashboard';

vi.mock('@/features/live/lib/scrollingWaveform', () => ({ drawScrollingWaveform: () => vi.fn() }));

const predict = vi.fn<(clip: File, options: PredictOptions) => Promise<PredictAnswer>>();
const health = vi.fn(() => Promise.resolve({ status: 'healthy', model_loaded: true }));
let microphone = fakeStream();

function serveModels(...models: (typeof model)[]) {
  server.use(http.get('/models', () => HttpResponse.json({ default: models[0]?.name, models })));
}

function problem(code: string, title: string) {
  return new ProblemError({ code, title, remedy: 'Do this.' });
}

/** One chunk is recorded, sent and answered. */
async function passChunks(count = 1) {
  await act(() => vi.advanceTimersByTimeAsync(count * CHUNK_MS));
}

async function startListening() {
  fireEvent.click(screen.getByTestId('listen-button'));
  // A little after the start, so that whole chunks end before the test checks.
  await act(() => vi.advanceTimersByTimeAsync(50));
}

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: false });
  stubMatchMedia();
  stubAudioContext().setLevel(0.1);
  stubMediaRecorder(['audio/webm;codecs=opus']);
  microphone = fakeStream();
  stubMediaDevices(() => Promise.resolve(microphone.stream));
  localStorage.setItem('ser.consent', 'true');
  serveModels(model);
  predict.mockReset().mockResolvedValue(happy);
  health.mockReset().mockResolvedValue({ status: 'healthy', model_loaded: true });
  vi.spyOn(apiService, 'predict').mockImplementation(predict);
  vi.spyOn(apiService, 'health').mockImplementation(health);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  localStorage.clear();
  window.history.replaceState(null, '', '/');
});

describe('comparing', () => {
  it('asks for the comparison only when somebody looks, and keeps what they opened', async () => {
    const ask = vi.spyOn(apiService, 'comparison').mockResolvedValue(comparison);
    render(<Dashboard />);
    expect(ask).not.toHaveBeenCalled();
    fireEvent.click(screen.getByRole('tab', { name: 'Models' }));
    await act(() => vi.dynamicImportSettled());
    const [open] = screen.getAllByTestId('open-system');
    if (!open) throw new Error('The comparison has systems.');
    fireEvent.click(open);
    fireEvent.click(screen.getByRole('tab', { name: 'Live' }));
    expect(screen.getByTestId('comparison')).not.toBeVisible();
    fireEvent.click(screen.getByRole('tab', { name: 'Models' }));
    expect(screen.getByTestId('system-details')).toBeVisible();
    expect(ask).toHaveBeenCalledOnce();
  });
});

describe('listening', () => {
  it('fills every panel with the same results', async () => {
    predict.mockResolvedValueOnce(sad).mockResolvedValueOnce(happy).mockResolvedValueOnce(happy);
    render(<Dashboard />);
    await startListening();
    await passChunks(3);

    expect(screen.getByTestId('emotion-name')).toHaveTextContent('Happy');
    expect(screen.getByTestId('emotion-confidence')).toHaveTextContent('84%');
    expect(screen.getByTestId('sentiment')).toHaveTextContent(/^positive$/);
    const panel = within(screen.getByTestId('result-panel'));
    expect(panel.getByTestId('probability-Angry')).toHaveTextContent('5%');
    const entries = screen.getAllByTestId('timeline-entry').map((entry) => entry.textContent);
    expect(entries).toEqual([
      expect.stringContaining('Happy'),
      expect.stringContaining('Happy'),
      expect.stringContaining('Sad'),
    ]);
    expect(screen.getByTestId('session-count')).toHaveAttribute('data-count', '3');
    expect(screen.getByTestId('share-Happy')).toHaveTextContent('Happy 67%');
    expect(screen.getByTestId('session-duration')).toHaveTextContent('00:09');
    expect(screen.getByTestId('live-announcement')).toHaveTextContent('Happy, 84% confidence');
  });

  it('shows no speech as a result, and counts it as no emotion', async () => {
    predict.mockRejectedValue(problem('no_speech', 'No speech detected'));
    render(<Dashboard />);
    await startListening();
    await passChunks(2);
    expect(screen.getByTestId('status-message')).toHaveTextContent('No speech');
    expect(screen.getByTestId('session-count')).toHaveAttribute('data-count', '0');
    expect(screen.getByTestId('no-speech-count')).toHaveAttribute('data-count', '2');
    expect(screen.getByTestId('live-notice')).toHaveTextContent('Listening');
  });

  it('goes on when the clock is set back', async () => {
    render(<Dashboard />);
    await startListening();
    vi.setSystemTime(Date.now() - 3_600_000);
    await passChunks(2);
    expect(screen.getByTestId('session-count')).toHaveAttribute('data-count', '2');
  });

  it('sends nothing until the models are known', async () => {
    let answer: (models: Models) => void = vi.fn();
    vi.spyOn(apiService, 'models').mockReturnValue(new Promise((resolve) => (answer = resolve)));
    render(<Dashboard />);
    await startListening();
    await passChunks(1);
    expect(predict).not.toHaveBeenCalled();
    expect(screen.getByTestId('skipped-count')).toHaveAttribute('data-count', '1');
    expect(screen.getByTestId('live-notice')).not.toHaveTextContent('slowly');
    await act(async () => {
      answer({ default: model.name, models: [model] });
      await vi.advanceTimersByTimeAsync(0);
    });
    await passChunks(1);
    expect(predict).toHaveBeenCalledExactlyOnceWith(
      expect.any(File),
      expect.objectContaining({ model: model.name }),
    );
  });

  it('asks nobody while the list of models cannot be loaded, and then the model of the address', async () => {
    window.history.replaceState(null, '', `/?model=${otherModel.name}`);
    const list = vi.spyOn(apiService, 'models').mockRejectedValue(problem('internal_error', 'Internal server error'));
    render(<Dashboard />);
    await startListening();
    await passChunks(2);
    expect(predict).not.toHaveBeenCalled();
    expect(screen.getByTestId('model-problem')).toHaveTextContent('The models could not be loaded');
    expect(screen.getByTestId('live-notice')).toHaveTextContent('Internal server error. Nothing is sent');
    expect(window.location.search).toBe(`?model=${otherModel.name}`);
    // By itself, once the server is back.
    list.mockResolvedValue({ default: model.name, models: [model, otherModel] });
    await passChunks(1);
    expect(screen.getByRole('combobox', { name: 'Model' })).toHaveValue(otherModel.name);
    await passChunks(1);
    expect(predict).toHaveBeenCalledExactlyOnceWith(
      expect.any(File),
      expect.objectContaining({ model: otherModel.name }),
    );
  });

  it('stops at once, and keeps the results', async () => {
    render(<Dashboard />);
    await startListening();
    await passChunks(1);
    fireEvent.click(screen.getByRole('button', { name: 'Stop Listening' }));
    expect(microphone.track.stop).toHaveBeenCalledOnce();
    await passChunks(3);
    expect(predict).toHaveBeenCalledOnce();
    expect(screen.getByTestId('session-count')).toHaveAttribute('data-count', '1');
    expect(screen.getByTestId('session-duration')).toHaveTextContent('00:03');
  });

  it('has one request at most under way, and shows what it skipped', async () => {
    let answer: (prediction: Prediction) => void = vi.fn();
    predict.mockImplementationOnce(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    render(<Dashboard />);
    await startListening();
    await passChunks(4);
    expect(predict).toHaveBeenCalledOnce();
    expect(screen.getByTestId('skipped-count')).toHaveAttribute('data-count', '2');
    const notice = screen.getByTestId('live-notice');
    expect(notice).toHaveTextContent('Answers come too slowly');
    await act(async () => {
      answer(happy);
      await vi.advanceTimersByTimeAsync(0);
    });
    expect(predict).toHaveBeenCalledTimes(2);
    expect(notice).toHaveTextContent('Answers come too slowly');
    await passChunks(2);
    expect(notice).toHaveTextContent('Listening');
  });

  it('gives an old answer up when it starts again, so that two requests are never open', async () => {
    const signals: AbortSignal[] = [];
    predict.mockImplementation((_clip, { signal }) => new Promise(() => void signals.push(signal)));
    render(<Dashboard />);
    await startListening();
    await passChunks(1);
    fireEvent.click(screen.getByTestId('listen-button'));
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await startListening();
    await passChunks(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it('keeps the words about a lost microphone when a late answer comes', async () => {
    let answer: (prediction: Prediction) => void = vi.fn();
    predict.mockImplementationOnce(() => new Promise((resolve) => void (answer = resolve)));
    render(<Dashboard />);
    await startListening();
    await passChunks(1);
    await act(async () => {
      microphone.track.dispatchEvent(new Event('ended'));
      answer(happy);
      await vi.advanceTimersByTimeAsync(0);
    });
    expect(screen.getByTestId('live-notice')).toHaveTextContent('The microphone was disconnected');
    expect(screen.getByTestId('emotion-name')).toHaveTextContent('Happy');
  });

  it('goes on while the server is away, and recovers on its own', async () => {
    predict.mockRejectedValueOnce(problem('server_away', 'The server cannot be reached'));
    health.mockRejectedValueOnce(problem('server_away', 'The server cannot be reached'));
    render(<Dashboard />);
    await startListening();
    await passChunks(1);
    const notice = screen.getByTestId('live-notice');
    expect(notice).toHaveTextContent('The server cannot be reached');
    expect(notice).toHaveTextContent('Next try in 1 s');

    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(notice).toHaveTextContent('Next try in 2 s');
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(notice).toHaveTextContent('Next try in 1 s');
    let answer: (prediction: Prediction) => void = vi.fn();
    predict.mockImplementationOnce(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(notice).toHaveTextContent('The server is back');
    await act(async () => {
      answer(happy);
      await vi.advanceTimersByTimeAsync(0);
    });
    expect(screen.getByTestId('emotion-name')).toHaveTextContent('Happy');
    expect(screen.getByTestId('listen-button')).toHaveAccessibleName('Stop Listening');
  });

  it('shows what the server says when it refuses, and goes on', async () => {
    predict.mockRejectedValueOnce(problem('too_short', 'Audio too short'));
    render(<Dashboard />);
    await startListening();
    await passChunks(1);
    expect(screen.getByTestId('live-notice')).toHaveTextContent('Audio too short');
    await passChunks(1);
    expect(screen.getByTestId('live-notice')).toHaveTextContent('Listening');
    expect(screen.getByTestId('session-count')).toHaveAttribute('data-count', '1');
  });

  it('asks nobody who speaks for a smaller file', async () => {
    predict.mockRejectedValueOnce(problem('too_large', 'Audio file too large'));
    render(<Dashboard />);
    await startListening();
    await passChunks(1);
    expect(screen.getByTestId('live-notice')).toHaveTextContent('Recording goes on');
  });

  it.each([
    ['NotAllowedError', 'The microphone is blocked'],
    ['NotFoundError', 'No microphone was found'],
  ])('explains a %s', async (name, title) => {
    stubMediaDevices(() => Promise.reject(new DOMException('', name)));
    render(<Dashboard />);
    await startListening();
    expect(screen.getByTestId('live-notice')).toHaveTextContent(title);
    expect(screen.getByRole('button', { name: 'Start Listening' })).toBeInTheDocument();
  });

  it('ends in words when the microphone is unplugged', async () => {
    render(<Dashboard />);
    await startListening();
    act(() => {
      microphone.track.dispatchEvent(new Event('ended'));
    });
    expect(screen.getByTestId('live-notice')).toHaveTextContent('The microphone was disconnected');
    expect(screen.getByRole('button', { name: 'Start Listening' })).toBeInTheDocument();
  });

  it('asks before the page is left', async () => {
    const isAsked = () => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
    render(<Dashboard />);
    expect(isAsked()).toBe(false);
    await startListening();
    expect(isAsked()).toBe(true);
    fireEvent.click(screen.getByTestId('listen-button'));
    expect(isAsked()).toBe(false);
  });

  it('closes the microphone when the page goes', async () => {
    const { unmount } = render(<Dashboard />);
    await startListening();
    unmount();
    expect(microphone.track.stop).toHaveBeenCalledOnce();
  });
});

describe('the voice of the speaker', () => {
  const known = () => screen.getByTestId('known-voice');
  const grown = (token: string, speechS: number): PredictAnswer => ({
    ...happy,
    baseline: token,
    baseline_speech_s: speechS,
  });
  const sentBaselines = () => predict.mock.calls.map(([, { baseline }]) => baseline);

  it('is sent along, grows by each answer, and is kept out of what is exported', async () => {
    predict.mockResolvedValueOnce(grown('first', 2.6)).mockResolvedValueOnce(grown('second', 5.2));
    render(<Dashboard />);
    await startListening();
    await passChunks(3);
    expect(sentBaselines()).toEqual([undefined, 'first', 'second']);
    expect(predict.mock.calls.every(([, { adapt }]) => adapt)).toBe(true);
    expect(known()).toHaveTextContent('Your voice is partly known: 5 s');
    expect(localStorage.getItem('ser.voices')).toBeNull();
    fireEvent.click(screen.getByTestId('keep-session-switch'));
    await act(() => vi.advanceTimersByTimeAsync(10));
    expect(localStorage.getItem('ser.session')).toContain('Happy');
    expect(localStorage.getItem('ser.session')).not.toContain('second');
  });

  it('stays learned when the session is cleared, which ends what was adapted', async () => {
    const stored = { [model.baseline_kind]: { token: 'learned', speechS: 9 } };
    localStorage.setItem('ser.voices', JSON.stringify(stored));
    predict.mockResolvedValue(grown('grown', 12));
    render(<Dashboard />);
    await startListening();
    await passChunks(2);
    expect(sentBaselines()).toEqual(['learned', 'grown']);
    fireEvent.click(screen.getByTestId('clear-session'));
    const dialog = screen.getByRole('dialog', { name: 'Clear this session?' });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Clear' }));
    expect(known()).toHaveTextContent('Your voice is partly known: 9 s');
    await passChunks(1);
    expect(sentBaselines().at(-1)).toBe('learned');
  });

  it('grows by no answer that comes after it was forgotten', async () => {
    let answer: (prediction: PredictAnswer) => void = vi.fn();
    predict.mockImplementationOnce(() => new Promise((resolve) => void (answer = resolve)));
    localStorage.setItem(
      'ser.voices',
      JSON.stringify({ [model.baseline_kind]: { token: 'learned', speechS: 9 } }),
    );
    render(<Dashboard />);
    await startListening();
    await passChunks(1);
    fireEvent.click(screen.getByTestId('forget-voice'));
    await act(async () => {
      answer(grown('late', 12));
      await vi.advanceTimersByTimeAsync(0);
    });
    expect(screen.getByTestId('emotion-name')).toHaveTextContent('Happy');
    expect(known()).toHaveTextContent('Your voice is not known yet');
    await passChunks(1);
    expect(sentBaselines().at(-1)).toBeUndefined();
  });

  it('that the server cannot read costs no result', async () => {
    const stored = { [model.baseline_kind]: { token: 'foreign', speechS: 9 } };
    localStorage.setItem('ser.voices', JSON.stringify(stored));
    predict.mockRejectedValueOnce(problem('bad_baseline', 'Not a baseline of this model'));
    render(<Dashboard />);
    await startListening();
    await passChunks(1);
    expect(sentBaselines()).toEqual(['foreign', undefined]);
    expect(screen.getByTestId('session-count')).toHaveAttribute('data-count', '1');
    expect(screen.getByTestId('live-notice')).toHaveTextContent('Listening');
    expect(screen.getByTestId('voice-dropped')).toHaveTextContent('no longer fit');
  });

  it('frees the microphone for the reading', async () => {
    render(<Dashboard />);
    await startListening();
    await passChunks(1);
    fireEvent.click(screen.getByTestId('voice-button'));
    fireEvent.click(screen.getByTestId('learn-voice'));
    expect(screen.getByTestId('learn-dialog')).toHaveTextContent('Listening stops meanwhile');
    fireEvent.click(screen.getByRole('button', { name: 'Start recording' }));
    expect(screen.getByTestId('listen-button')).toHaveAccessibleName('Start Listening');
  });

  it('is learned with consent only, and listening goes on after it', async () => {
    localStorage.clear();
    render(<Dashboard />);
    await act(() => vi.advanceTimersByTimeAsync(0));
    fireEvent.click(screen.getByTestId('voice-button'));
    fireEvent.click(screen.getByTestId('learn-voice'));
    expect(screen.queryByTestId('learn-dialog')).not.toBeInTheDocument();
    fireEvent.click(screen.getByRole('button', { name: 'Agree and start' }));
    expect(screen.getByTestId('learn-dialog')).toBeInTheDocument();
    fireEvent.click(screen.getByRole('button', { name: 'Not now' }));
    expect(screen.getByTestId('listen-button')).toHaveAccessibleName('Start Listening');

    await startListening();
    fireEvent.click(screen.getByTestId('voice-button'));
    fireEvent.click(screen.getByTestId('learn-voice'));
    fireEvent.click(screen.getByRole('button', { name: 'Start recording' }));
    expect(screen.getByTestId('listen-button')).toHaveAccessibleName('Start Listening');
    fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    await act(() => vi.advanceTimersByTimeAsync(50));
    expect(screen.getByTestId('listen-button')).toHaveAccessibleName('Stop Listening');
  });
});

describe('streaming', () => {
  let sockets: FakeSocket[] = [];
  const result = (probabilities: Record<string, number>) => ({
    type: 'result',
    start_ms: 0,
    end_ms: 1000,
    smoothed: probabilities,
    low_information: false,
  });
  const ended = {
    type: 'speech_ended',
    start_ms: 0,
    end_ms: 1500,
    emotion: 'Sad',
    confidence: 1,
    probabilities: sad.probabilities,
    votes: { Sad: 2 },
    low_information: false,
    baseline: 'grown',
    baseline_speech_s: 6,
  };
  const say = (...messages: object[]) => {
    act(() => {
      for (const message of messages) sockets.at(-1)?.say(message);
    });
  };
  const notice = () => screen.getByTestId('live-notice');

  beforeEach(() => {
    sockets = stubWebSocket();
    localStorage.setItem('ser.liveMode', '"stream"');
  });

  async function startStreaming() {
    render(<Dashboard />);
    await startListening();
    act(() => {
      sockets.at(-1)?.beReady();
    });
  }

  it('shows each result as it arrives, and keeps the vote of each utterance', async () => {
    await startStreaming();
    expect(notice()).toHaveTextContent('Two results per second');
    expect(screen.getByTestId('presence')).toHaveTextContent('No speech');
    expect(screen.getByTestId('status-message')).toHaveTextContent('after 1 second of speech');

    say({ type: 'speech_started', start_ms: 0 }, result(happy.probabilities));
    expect(screen.getByTestId('presence')).toHaveTextContent('Speech');
    expect(screen.getByTestId('emotion-name')).toHaveTextContent('Happy');
    expect(screen.getByTestId('session-count')).toHaveAttribute('data-count', '0');
    // Announcing twice a second would be too much.
    expect(screen.getByTestId('live-announcement')).toBeEmptyDOMElement();
    say(result(sad.probabilities));
    expect(screen.getByTestId('emotion-confidence')).toHaveTextContent('64%');

    await act(() => vi.advanceTimersByTimeAsync(1500));
    say(ended);
    expect(screen.getByTestId('presence')).toHaveTextContent('No speech');
    expect(screen.getByTestId('emotion-name')).toHaveTextContent('Sad');
    expect(screen.getByTestId('timeline-entry')).toHaveTextContent('Sad');
    expect(screen.getByTestId('session-count')).toHaveAttribute('data-count', '1');
    expect(screen.getByTestId('live-announcement')).toHaveTextContent('Sad, 64% confidence');
    expect(screen.getByTestId('known-voice')).toHaveTextContent('Your voice is partly known: 6 s');
    expect(predict).not.toHaveBeenCalled();
  });

  it('frees the microphone at once, and still takes the last words', async () => {
    await startStreaming();
    await act(() => vi.advanceTimersByTimeAsync(2000));
    fireEvent.click(screen.getByRole('button', { name: 'Stop Listening' }));
    expect(microphone.track.stop).toHaveBeenCalledOnce();
    expect(screen.queryByTestId('presence')).not.toBeInTheDocument();
    say(ended);
    expect(screen.getByTestId('session-count')).toHaveAttribute('data-count', '1');
    expect(screen.getByTestId('listen-button')).toHaveAccessibleName('Start Listening');
  });

  it('says what is wrong while it goes on', async () => {
    await startStreaming();
    say({ type: 'error', code: 'busy', error: 'Server busy' });
    act(() => {
      sockets.at(-1)?.drop();
    });
    expect(notice()).toHaveTextContent('The server has no free stream');
    expect(notice()).toHaveTextContent('Next try in 1 s');
    await act(() => vi.advanceTimersByTimeAsync(1000));
    act(() => {
      sockets.at(-1)?.beReady();
    });
    expect(notice()).toHaveTextContent('Listening');
    expect(microphone.track.stop).not.toHaveBeenCalled();
  });

  it('falls back to chunks where WebSockets are blocked', async () => {
    render(<Dashboard />);
    await startListening();
    await act(async () => {
      sockets.at(-1)?.drop();
      await vi.advanceTimersByTimeAsync(50);
    });
    expect(notice()).toHaveTextContent('every 3 seconds');
    expect(screen.getByText(/Not possible here/)).toBeInTheDocument();
    await passChunks(1);
    expect(predict).toHaveBeenCalledOnce();
    expect(screen.getByTestId('session-count')).toHaveAttribute('data-count', '1');
  });

  it.each(['WebSocket', 'AudioWorkletNode'])('is not tried without %s', async (name) => {
    vi.stubGlobal(name, undefined);
    render(<Dashboard />);
    await startListening();
    expect(notice()).toHaveTextContent('every 3 seconds');
    expect(sockets).toEqual([]);
    await passChunks(1);
    expect(predict).toHaveBeenCalledOnce();
  });

  it('begins with the next start once it is chosen, and stays chosen', async () => {
    localStorage.removeItem('ser.liveMode');
    render(<Dashboard />);
    await startListening();
    fireEvent.click(screen.getByRole('radio', { name: 'Stream' }));
    expect(sockets).toEqual([]);
    expect(screen.getByText(/Applies from the next start. Two results/, { selector: 'p' })).toBeInTheDocument();
    fireEvent.click(screen.getByTestId('listen-button'));
    await startListening();
    expect(sockets).toHaveLength(1);
    expect(localStorage.getItem('ser.liveMode')).toBe('"stream"');
  });

  it('closes the stream when the page goes', async () => {
    await startStreaming();
    cleanup();
    expect(sockets.at(-1)?.isClosed).toBe(true);
    expect(microphone.track.stop).toHaveBeenCalledOnce();
  });
});

describe('an uncertain estimate', () => {
  it('is one on every panel', async () => {
    predict.mockResolvedValue({ ...sad, low_information: true });
    render(<Dashboard />);
    await startListening();
    await passChunks(1);
    const panel = within(screen.getByTestId('result-panel'));
    expect(panel.getByTestId('emotion-card')).toHaveTextContent('Uncertain');
    expect(panel.getByTestId('emotion-name')).toHaveTextContent('Sad');
    expect(panel.getByTestId('sentiment')).toHaveTextContent(/^maybe negative$/);
    expect(screen.getByTestId('timeline-entry')).toHaveTextContent('Uncertain');
    expect(screen.getByTestId('uncertain-count')).toHaveAttribute('data-count', '1');
    expect(screen.getByTestId('live-announcement')).toHaveTextContent('Uncertain, maybe Sad');
  });
});

it('shows no sentiment of emotions that the server derives none from', async () => {
  predict.mockResolvedValue({ ...sad, sentiment: null, valence: null, arousal: null });
  render(<Dashboard />);
  await startListening();
  await passChunks(1);
  expect(screen.getByTestId('emotion-name')).toHaveTextContent('Sad');
  expect(screen.queryByTestId('affect')).not.toBeInTheDocument();
});

it('shows how strongly an emotion is expressed, where the answer tells', async () => {
  serveModels({ ...model, tells_intensity: true });
  predict.mockResolvedValueOnce({ ...sad, intensity: 41.3 }).mockResolvedValueOnce(sad);
  render(<Dashboard />);
  await startListening();
  await passChunks(1);
  const panel = within(screen.getByTestId('result-panel'));
  expect(panel.getByRole('meter', { name: 'Intensity' })).toHaveAttribute('aria-valuenow', '41');
  await passChunks(1);
  expect(panel.getByTestId('affect')).toBeInTheDocument();
  expect(panel.queryByRole('meter')).not.toBeInTheDocument();
});

describe('the page', () => {
  beforeEach(() => {
    vi.useRealTimers();
  });

  it('lists the emotions of the model before the first result', async () => {
    render(<Dashboard />);
    const lanes = await screen.findByTestId('emotion-over-time');
    expect(await within(lanes).findByText('Disgust')).toBeVisible();
  });

  it('asks the model that is chosen, by default one with Neutral', async () => {
    serveModels(model, { ...otherModel, emotions: ['Neutral', 'Happy'] });
    render(<Dashboard />);
    const select = await screen.findByRole('combobox', { name: 'Model' });
    await waitFor(() => {
      expect(select).toHaveValue(otherModel.name);
    });
    await userEvent.selectOptions(select, model.name);
    expect(window.location.search).toBe(`?model=${model.name}`);
    cleanup();
    render(<Dashboard />);
    await waitFor(() => {
      expect(screen.getByRole('combobox', { name: 'Model' })).toHaveValue(model.name);
    });
  });

  it('shows one view at a time', async () => {
    render(<Dashboard />);
    expect(screen.getByRole('tabpanel', { name: 'Live' })).toBeVisible();
    await userEvent.click(screen.getByRole('tab', { name: 'Upload' }));
    expect(screen.getByRole('tabpanel', { name: 'Upload' })).toBeVisible();
    expect(screen.queryByRole('tabpanel', { name: 'Live' })).not.toBeInTheDocument();
  });

  it('says what the answer is worth, where the audio goes, and where the API is described', () => {
    render(<Dashboard />);
    fireEvent.click(screen.getByTestId('open-settings'));
    const settings = within(screen.getByRole('dialog', { name: 'Settings' }));
    expect(settings.getByText(/estimate from the sound of a voice/)).toBeVisible();
    expect(settings.getByText(/sent to this server only, or to nobody/)).toBeVisible();
    const link = settings.getByRole('link', { name: 'API documentation' });
    expect(link).toHaveAttribute('href', '/docs');
    expect(link).toHaveAttribute('target', '_blank');
  });
});
