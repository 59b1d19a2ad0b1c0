import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { delay, http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_UPLOAD_BYTES } from '../lib/apiProblem';
import type { PredictOptions } from '../lib/apiService';
import { apiService } from '../lib/apiService';
import type { Prediction } from '../lib/apiSchemas';
import { ProblemError } from '../lib/problem';
import { audioFile, happy, model, sad } from '../test/fixtures';
import { server } from '../test/server';
import { VoiceStore } from '../lib/voiceStore';
import { UploadView } from './UploadView';

vi.mock('../features/upload/lib/filePlayer', () => ({
  createFilePlayer: () => ({ toggle: vi.fn(), destroy: vi.fn() }),
}));

interface Request extends PredictOptions {
  name: string;
  answer: (prediction: Prediction) => void;
  refuse: (error: Error) => void;
}

let requests: Request[] = [];

function lastRequest(): Request {
  const request = requests.at(-1);
  if (!request) throw new Error('Nothing was sent.');
  return request;
}

function holdRequests() {
  vi.spyOn(apiService, 'predict').mockImplementation(
    ({ name }, options) =>
      new Promise((answer, refuse) => {
        requests.push({ ...options, name, answer, refuse });
      }),
  );
}

function problem(code: string, retryAfterS?: number) {
  const told = { code, title: 'It did not work', remedy: 'Do this.' };
  return new ProblemError(retryAfterS === undefined ? told : { ...told, retryAfterS });
}

async function settle(change: () => void) {
  await act(async () => {
    change();
    await Promise.resolve();
  });
}

function items() {
  return screen.getAllByTestId('upload-item').map((item) => within(item));
}

function phases() {
  return screen.getAllByTestId('upload-item').map((item) => item.dataset.phase);
}

async function choose(...names: string[]) {
  await userEvent.upload(
    screen.getByTestId('file-input'),
    names.map((name) => audioFile(name)),
  );
}

beforeEach(() => {
  requests = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function renderView(voices = new VoiceStore()) {
  render(<UploadView model={model} voices={voices} modelPicker={null} />);
}

describe('the own voice', () => {
  const learned = () => {
    const voices = new VoiceStore();
    voices.learn(model.baseline_kind, { token: 'mine', speechS: 9 });
    return voices;
  };
  const toggle = () => screen.getByRole('switch', { name: 'This is my voice' });

  beforeEach(() => {
    holdRequests();
  });

  afterEach(() => {
    localStorage.clear();
  });

  it('goes along only with files that are said to hold it, and does not grow by them', async () => {
    renderView(learned());
    expect(toggle()).not.toBeChecked();
    await choose('theirs.wav');
    expect(lastRequest().baseline).toBeUndefined();
    await settle(() => {
      lastRequest().answer(happy);
    });
    await userEvent.click(toggle());
    await choose('mine.wav');
    expect(lastRequest()).toMatchObject({ name: 'mine.wav', baseline: 'mine', adapt: false });
  });

  it('has to be learned first', () => {
    renderView();
    expect(toggle()).toBeDisabled();
    expect(screen.getByText(/learn your voice in the Live view first/)).toBeInTheDocument();
  });

  it('that the server cannot read is dropped, and the file is heard without', async () => {
    const voices = learned();
    renderView(voices);
    await userEvent.click(toggle());
    await choose('mine.wav');
    await settle(() => {
      lastRequest().refuse(problem('bad_baseline'));
    });
    expect(requests.map(({ baseline }) => baseline)).toEqual(['mine', undefined]);
    await settle(() => {
      lastRequest().answer(happy);
    });
    expect(phases()).toEqual(['done']);
    expect(voices.getState().learned).toEqual({});
    expect(toggle()).toBeDisabled();
    expect(toggle()).not.toBeChecked();
  });
});

it('shows the result of a file, by way of the real service', async () => {
  server.use(http.post('/predict', () => HttpResponse.json(happy)));
  renderView();
  await choose('laugh.wav');
  await waitFor(() => {
    expect(screen.getByTestId('upload-outcome')).toHaveTextContent('Happy84.2%');
  });
  expect(screen.getByTestId('probability-Angry')).toHaveTextContent('5.1%');
  expect(screen.getByTestId('upload-status')).toHaveTextContent('1 of 1 file done');
  expect(screen.getByRole('status')).toHaveTextContent('laugh.wav: Happy, 84.2% confidence');
});

it('breaks off the request of a cancelled file', async () => {
  server.use(
    http.post('/predict', async () => {
      await delay('infinite');
    }),
  );
  renderView();
  await choose('laugh.wav');
  await userEvent.click(screen.getByRole('button', { name: 'Cancel laugh.wav' }));
  expect(phases()).toEqual(['cancelled']);
  expect(screen.getByTestId('upload-list')).toHaveFocus();
});

describe('several files', () => {
  beforeEach(() => {
    holdRequests();
  });

  it('are analysed one after another with the chosen model', async () => {
    renderView();
    await choose('a.wav', 'b.wav');
    expect(requests.map(({ name }) => name)).toEqual(['a.wav']);
    expect(lastRequest().model).toBe(model.name);
    expect(phases()).toEqual(['sending', 'waiting']);

    await settle(() => {
      lastRequest().onUploadProgress?.(0.5);
    });
    expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '50');
    await settle(() => {
      lastRequest().onUploadProgress?.(1);
    });
    expect(phases()).toEqual(['analysing', 'waiting']);

    await settle(() => {
      lastRequest().answer(sad);
    });
    expect(requests.map(({ name }) => name)).toEqual(['a.wav', 'b.wav']);
    expect(phases()).toEqual(['done', 'sending']);
  });

  it('go on after one that failed, which can be tried again', async () => {
    renderView();
    await choose('a.wav', 'b.wav');
    await settle(() => {
      lastRequest().refuse(problem('server_away'));
    });
    expect(items()[0]?.getByTestId('upload-outcome')).toHaveTextContent('It did not work');
    expect(screen.getByText('Do this.')).toBeInTheDocument();

    await userEvent.click(screen.getByRole('button', { name: 'Try again: a.wav' }));
    expect(requests.map(({ name }) => name)).toEqual(['a.wav', 'b.wav']);
    await settle(() => {
      lastRequest().answer(happy);
    });
    expect(requests.map(({ name }) => name)).toEqual(['a.wav', 'b.wav', 'a.wav']);
  });

  it('are all cancelled at once', async () => {
    renderView();
    await choose('a.wav', 'b.wav');
    await userEvent.click(screen.getByRole('button', { name: 'Cancel all' }));
    expect(lastRequest().signal.aborted).toBe(true);
    expect(phases()).toEqual(['cancelled', 'cancelled']);
    expect(requests).toHaveLength(1);

    await userEvent.click(screen.getByRole('button', { name: 'Clear list' }));
    expect(screen.queryByTestId('upload-item')).not.toBeInTheDocument();
  });

  it('are not left by accident while they are analysed', async () => {
    const leave = () => {
      const event = new Event('beforeunload', { cancelable: true });
      window.dispatchEvent(event);
      return event;
    };
    renderView();
    expect(leave().defaultPrevented).toBe(false);
    await choose('a.wav');
    expect(leave().defaultPrevented).toBe(true);
    await settle(() => {
      lastRequest().answer(happy);
    });
    expect(leave().defaultPrevented).toBe(false);
  });

  it('open one at a time', async () => {
    renderView();
    await choose('a.wav', 'b.wav');
    const [first, second] = screen.getAllByTestId('upload-toggle');
    expect(first).toHaveAttribute('aria-expanded', 'true');
    if (second) await userEvent.click(second);
    expect(first).toHaveAttribute('aria-expanded', 'false');
    expect(second).toHaveAttribute('aria-expanded', 'true');
    if (second) await userEvent.click(second);
    expect(second).toHaveAttribute('aria-expanded', 'false');
  });
});

describe('a busy server', () => {
  it('is left alone for as long as it asks, then gets the file again', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    holdRequests();
    renderView();
    await choose('a.wav');
    await settle(() => {
      lastRequest().refuse(problem('too_many_requests', 7));
    });
    expect(phases()).toEqual(['pausing']);
    await act(() => vi.advanceTimersByTimeAsync(6500));
    expect(requests).toHaveLength(1);
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(requests).toHaveLength(2);
  });
});

it('offers no second try to a file that cannot pass', async () => {
  holdRequests();
  renderView();
  await choose('a.wav');
  await settle(() => {
    lastRequest().refuse(problem('decode_failed'));
  });
  expect(screen.getByText('Do this.')).toBeVisible();
  expect(screen.queryByRole('button', { name: /Try again/ })).not.toBeInTheDocument();
});

it('says what to do without being opened', async () => {
  holdRequests();
  renderView();
  await choose('a.wav');
  await userEvent.click(screen.getByTestId('upload-toggle'));
  await settle(() => {
    lastRequest().refuse(problem('too_short'));
  });
  expect(screen.getByText('Do this.')).toBeVisible();
});

it('does not read a file that is too large', async () => {
  renderView();
  const file = audioFile('long.wav');
  Object.defineProperty(file, 'size', { value: MAX_UPLOAD_BYTES + 1 });
  await userEvent.upload(screen.getByTestId('file-input'), file);
  expect(phases()).toEqual(['failed']);
  expect(screen.getByText(/At most 10 MB/)).toBeVisible();
  expect(screen.queryByTestId('file-waveform')).not.toBeInTheDocument();
});

it('takes no speech calmly', async () => {
  holdRequests();
  renderView();
  await choose('a.wav');
  await settle(() => {
    lastRequest().refuse(problem('no_speech'));
  });
  expect(phases()).toEqual(['no_speech']);
  expect(screen.getByTestId('upload-outcome')).not.toHaveTextContent('⚠️');
});
