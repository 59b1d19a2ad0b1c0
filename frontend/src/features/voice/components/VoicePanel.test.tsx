import { act, fireEvent, render, screen, within } from '@testing-library/react';
import type { ComponentProps } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BaselineAnswer, Model } from '@/lib/apiSchemas';
import { apiService, type ClipOptions } from '@/lib/apiService';
import { ProblemError } from '@/lib/problem';
import { BASELINES_KEY, BaselineStore } from '../lib/baselineStore';
import {
  fakeStream,
  stubAudioContext,
  stubMediaDevices,
  stubMediaRecorder,
} from '@/test/fakeMedia';
import { model } from '@/test/fixtures';
import { useConsent } from '../hooks/useConsent';
import { VoicePanel } from './VoicePanel';

/** A little after the end, so that the recording exists when the test checks. */
const READING_MS = 10_050;
const learnt = { baseline: 'token', speech_s: 9.4 };

const learn = vi.fn<(speech: File, options: ClipOptions) => Promise<BaselineAnswer>>();
let microphone = fakeStream();
let audio: ReturnType<typeof stubAudioContext>;

function problem(code: string, title: string) {
  return new ProblemError({ code, title, remedy: 'Do this.' });
}

function Panel(props: Omit<ComponentProps<typeof VoicePanel>, 'consent'>) {
  const consent = useConsent(false);
  return (
    <>
      <VoicePanel {...props} consent={consent} />
      {consent.dialog}
    </>
  );
}

function renderPanel(baselines = new BaselineStore(), { shown }: { shown?: Model } = { shown: model }) {
  const onRead = vi.fn();
  const onClosed = vi.fn();
  render(
    <Panel
      baselines={baselines}
      model={shown}
      service={apiService}
      microphone={{ voiceProcessing: false, deviceId: '' }}
      isListening={false}
      onRead={onRead}
      onClosed={onClosed}
    />,
  );
  return { baselines, onRead, onClosed };
}

async function passMs(ms: number) {
  await act(() => vi.advanceTimersByTimeAsync(ms));
}

function open() {
  fireEvent.click(screen.getByTestId('learn-voice'));
  return within(screen.getByRole('dialog', { name: 'Learn my voice' }));
}

async function press(name: string) {
  fireEvent.click(screen.getByRole('button', { name }));
  await passMs(0);
}

/** From the click to the answer. */
async function readAloud(name = 'Start recording') {
  await press(name);
  await passMs(READING_MS);
}

beforeEach(() => {
  localStorage.setItem('ser.consent', 'true');
  vi.useFakeTimers();
  audio = stubAudioContext();
  audio.setLevel(0.1);
  stubMediaRecorder(['audio/webm;codecs=opus']);
  microphone = fakeStream();
  stubMediaDevices(() => Promise.resolve(microphone.stream));
  learn.mockReset().mockResolvedValue(learnt);
  vi.spyOn(apiService, 'baseline').mockImplementation(learn);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  localStorage.clear();
});

describe('learning', () => {
  it('says what happens to the voice before the microphone opens', () => {
    const getUserMedia = vi.fn(() => Promise.resolve(microphone.stream));
    stubMediaDevices(getUserMedia);
    renderPanel();
    const dialog = open();
    expect(dialog.getByText(/sent only to this server \(localhost/)).toHaveTextContent(/stores nothing/);
    expect(dialog.getByText(/kept in this browser/)).toBeInTheDocument();
    expect(getUserMedia).not.toHaveBeenCalled();
  });

  it('records ten seconds, shows how far it is, and knows the voice from then on', async () => {
    const { baselines, onRead } = renderPanel();
    const dialog = open();
    await press('Start recording');
    expect(onRead).toHaveBeenCalledOnce();
    await passMs(4100);
    const progress = dialog.getByRole('progressbar', { name: 'Recorded' });
    expect(Number(progress.getAttribute('aria-valuenow'))).toBeCloseTo(40, -1);
    expect(progress).toHaveTextContent(/^6$/);
    expect(dialog.getByTestId('level-meter')).not.toHaveAttribute('aria-valuenow', '0');
    expect(learn).not.toHaveBeenCalled();

    await passMs(READING_MS - 4100);
    expect(learn).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ name: 'recording.webm' }),
      expect.objectContaining({ model: model.name }),
    );
    expect(microphone.track.stop).toHaveBeenCalledOnce();
    expect(dialog.getByRole('status')).toHaveTextContent('Your voice is learned: 9 s of speech');
    expect(baselines.take(model.baseline_kind).token).toBe('token');
    await press('Done');
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    expect(screen.getByTestId('known-voice')).toHaveTextContent('Your voice is partly known: 9 s');
    expect(screen.getByTestId('learn-voice')).toHaveTextContent('Learn again');
  });

  it('can be done again, and replaces what was learned', async () => {
    const { baselines } = renderPanel();
    open();
    await readAloud();
    learn.mockResolvedValue({ baseline: 'better', speech_s: 9.9 });
    await readAloud('Record again');
    expect(baselines.take(model.baseline_kind).token).toBe('better');
  });

  it.each(['Cancel', 'Escape'])('leaves everything as it was on %s', async (way) => {
    const { baselines } = renderPanel();
    open();
    await press('Start recording');
    await passMs(3000);
    if (way === 'Cancel') await press('Cancel');
    else fireEvent(screen.getByRole('dialog'), new Event('cancel', { cancelable: true }));
    await passMs(READING_MS);
    expect(microphone.track.stop).toHaveBeenCalledOnce();
    expect(learn).not.toHaveBeenCalled();
    expect(baselines.take(model.baseline_kind).token).toBeUndefined();
  });

  it('takes no answer that comes after it was cancelled', async () => {
    let answer: (answer: BaselineAnswer) => void = vi.fn();
    learn.mockImplementation(() => new Promise((resolve) => void (answer = resolve)));
    const { baselines } = renderPanel();
    open();
    await readAloud();
    expect(screen.getByRole('button', { name: 'Learning …' })).toHaveAttribute(
      'aria-disabled',
      'true',
    );
    await press('Cancel');
    answer(learnt);
    await passMs(0);
    expect(learn.mock.lastCall?.[1].signal.aborted).toBe(true);
    expect(baselines.take(model.baseline_kind).token).toBeUndefined();
  });

  it('is read again where too little was said', async () => {
    learn.mockRejectedValueOnce(problem('baseline_too_short', 'Too little speech for a baseline'));
    const { baselines } = renderPanel();
    const dialog = open();
    await readAloud();
    expect(dialog.getByRole('status')).toHaveTextContent(/^Too little speech was found$/);
    await readAloud('Record again');
    expect(baselines.take(model.baseline_kind).token).toBe('token');
  });

  it('sends the same recording once more where the server was away', async () => {
    learn.mockRejectedValueOnce(problem('server_away', 'The server cannot be reached'));
    renderPanel();
    const dialog = open();
    await readAloud();
    await press('Send again');
    const [first, second] = learn.mock.calls.map(([recording]) => recording);
    expect(second).toBe(first);
    expect(dialog.getByRole('status')).toHaveTextContent('Your voice is learned');
  });

  it('says so when the microphone is blocked', async () => {
    stubMediaDevices(() => Promise.reject(new DOMException('', 'NotAllowedError')));
    renderPanel();
    const dialog = open();
    await press('Start recording');
    expect(dialog.getByRole('status')).toHaveTextContent('The microphone is blocked');
    expect(dialog.getByRole('button', { name: 'Record again' })).toBeInTheDocument();
  });

  it('says so when the microphone is unplugged', async () => {
    renderPanel();
    const dialog = open();
    await press('Start recording');
    await act(async () => {
      microphone.track.dispatchEvent(new Event('ended'));
      await vi.advanceTimersByTimeAsync(0);
    });
    expect(dialog.getByRole('status')).toHaveTextContent('The microphone was disconnected');
  });

  it('says so when the microphone is silent', async () => {
    audio.setLevel(0);
    renderPanel();
    const dialog = open();
    await press('Start recording');
    await passMs(3000);
    expect(dialog.getByRole('status')).toHaveTextContent('The microphone is silent');
  });

  it('waits for a model', () => {
    renderPanel(new BaselineStore(), {});
    expect(screen.getByTestId('learn-voice')).toHaveAttribute('aria-disabled', 'true');
    fireEvent.click(screen.getByTestId('learn-voice'));
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });
});

describe('what is known', () => {
  const known = () => screen.getByTestId('known-voice');
  const kind = model.baseline_kind;

  it('is nothing at first', () => {
    renderPanel();
    expect(known()).toHaveTextContent('Your voice is not known yet');
    expect(screen.getByTestId('forget-voice')).toHaveAttribute('aria-disabled', 'true');
  });

  it('grows with each result, and shows both parts', () => {
    const { baselines } = renderPanel();
    act(() => {
      baselines.learn(kind, { token: 'learned', speechS: 9 });
    });
    expect(known()).toHaveTextContent('Your voice is partly known: 9 s');
    act(() => {
      baselines.grow(baselines.take(kind), { token: 'grown', speechS: 24 });
    });
    expect(known()).toHaveTextContent('Your voice is well known: 24 s');
    expect(known()).toHaveTextContent('9 s recorded, 15 s added in this session');
    act(() => {
      baselines.endSession();
    });
    expect(known()).toHaveTextContent('Your voice is partly known: 9 s');
  });

  it('is of another kind for another model', () => {
    const baselines = new BaselineStore();
    baselines.learn('another', { token: 'learned', speechS: 9 });
    renderPanel(baselines);
    expect(known()).toHaveTextContent('Your voice is not known yet');
  });

  it('can be forgotten, and the place of the keyboard stays', () => {
    const baselines = new BaselineStore();
    baselines.learn(kind, { token: 'learned', speechS: 9 });
    renderPanel(baselines);
    const forget = screen.getByTestId('forget-voice');
    forget.focus();
    fireEvent.click(forget);
    expect(known()).toHaveTextContent('Your voice is not known yet');
    expect(localStorage.getItem(BASELINES_KEY)).toBeNull();
    expect(forget).toHaveFocus();
  });

  it('is no longer grown once that is switched off', () => {
    const { baselines } = renderPanel();
    fireEvent.click(screen.getByRole('switch', { name: 'Adapt to my voice' }));
    expect(baselines.getState().isAdapting).toBe(false);
    expect(screen.getByText(/only the recorded sentences are used/)).toBeInTheDocument();
  });

  it('is reported as removed where the server could not read it', () => {
    const baselines = new BaselineStore();
    baselines.learn(kind, { token: 'foreign', speechS: 9 });
    renderPanel(baselines);
    act(() => {
      baselines.drop(baselines.take(kind));
    });
    expect(screen.getByTestId('voice-dropped')).toHaveTextContent('no longer fit');
  });

  it('is said to be lost with the page where the browser stores nothing', () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('', 'QuotaExceededError');
    });
    const { baselines } = renderPanel();
    act(() => {
      baselines.learn(kind, { token: 'learned', speechS: 9 });
    });
    expect(screen.getByText(/cannot store it/)).toBeInTheDocument();
  });
});

it('learns no voice for a model that takes no baseline', () => {
  renderPanel(undefined, { shown: { ...model, takes_baseline: false } });
  expect(screen.getByTestId('takes-no-baseline')).toHaveTextContent('bilstm-cremad does not use your voice');
  const button = screen.getByRole('button', { name: 'Learn my voice' });
  expect(button).toHaveAttribute('aria-disabled', 'true');
  fireEvent.click(button);
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  expect(screen.queryByRole('switch', { name: 'Adapt to my voice' })).not.toBeInTheDocument();
});
