import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { delay, http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { apiService, type AnalyzeOptions } from '@/lib/apiService';
import type { DeviceControl } from '@/lib/device/useDevice';
import { ProblemError } from '@/lib/problem';
import type { Timeline, TimelineMessage } from '@/lib/timelineSchemas';
import {
  audioFile,
  happyTimeline,
  twoPartTimeline,
  model,
  silentTimeline,
} from '@/test/fixtures';
import { download } from '@/lib/download';
import { server } from '@/test/server';
import { stubMatchMedia } from '@/test/stubMatchMedia';
import { stubPageWidth } from '@/test/stubPageWidth';
import { BaselineStore } from '@/features/voice/lib/baselineStore';
import { UploadView } from './UploadView';

vi.mock('@/features/upload/lib/filePlayer', () => ({
  createFilePlayer: () => ({ pause: vi.fn(), destroy: vi.fn() }),
}));
vi.mock('@/lib/download', () => ({ download: vi.fn() }));


interface Request extends AnalyzeOptions {
  name: string;
  answer: (timeline: Timeline) => void;
  refuse: (error: Error) => void;
}

let requests: Request[] = [];

function lastRequest(): Request {
  const request = requests.at(-1);
  if (!request) throw new Error('Nothing was sent.');
  return request;
}

function holdRequests() {
  vi.spyOn(apiService, 'analyze').mockImplementation(
    ({ name }, options) =>
      new Promise((answer, refuse) => {
        requests.push({ ...options, name, answer, refuse });
      }),
  );
}

function problem(code: string, retryAfterS?: number) {
  const openedWith = { code, title: 'It did not work', remedy: 'Do this.' };
  return new ProblemError(retryAfterS === undefined ? openedWith : { ...openedWith, retryAfterS });
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
  stubMatchMedia();
  stubPageWidth(80);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  window.history.replaceState(null, '', '/');
});

const serverAnswers: DeviceControl = {
  state: { phase: 'off' },
  isOn: false,
  isFixed: false,
  turn: vi.fn(),
  retry: vi.fn(),
  service: apiService,
};

function renderView(baselines = new BaselineStore(), shown = model, device = serverAnswers) {
  render(<UploadView model={shown} isModelPending={false} device={device} baselines={baselines} isShown />);
}

describe('the own voice', () => {
  const learned = () => {
    const baselines = new BaselineStore();
    baselines.learn(model.baseline_kind, { token: 'mine', speechS: 9 });
    return baselines;
  };
  const ownVoice = () => screen.getByRole('radio', { name: 'my voice' });

  beforeEach(() => {
    holdRequests();
  });

  afterEach(() => {
    localStorage.clear();
  });

  it('is used only where it is chosen', async () => {
    renderView(learned());
    expect(screen.getByRole('radio', { name: 'this recording' })).toBeChecked();
    await choose('theirs.wav');
    expect(lastRequest().baseline).toBe('recording');
    await settle(() => {
      lastRequest().answer(happyTimeline);
    });
    await userEvent.click(ownVoice());
    await choose('mine.wav');
    expect(lastRequest()).toMatchObject({ name: 'mine.wav', baseline: 'mine' });
    await settle(() => {
      lastRequest().answer(happyTimeline);
    });
    await userEvent.click(screen.getByRole('radio', { name: 'everybody' }));
    await choose('anyone.wav');
    expect(lastRequest()).toMatchObject({ name: 'anyone.wav', baseline: 'none' });
  });

  it('is not used by a model that takes no baseline, and neither is the recording', async () => {
    renderView(learned(), { ...model, takes_baseline: false });
    expect(ownVoice()).toBeDisabled();
    expect(screen.getByRole('radio', { name: 'this recording' })).toBeDisabled();
    expect(screen.getByRole('radio', { name: 'everybody' })).toBeChecked();
    expect(screen.getAllByText('The chosen model compares with everybody only.')).toHaveLength(2);
    await choose('theirs.wav');
    expect(lastRequest().baseline).toBe('none');
  });

  it('has to be learned first', () => {
    renderView();
    expect(ownVoice()).toBeDisabled();
    expect(screen.getByText(/Learn your voice in the Live view first/)).toBeInTheDocument();
  });

  it('is dropped where the server cannot read it, and the file is its own baseline', async () => {
    const baselines = learned();
    renderView(baselines);
    await userEvent.click(ownVoice());
    await choose('mine.wav');
    await settle(() => {
      lastRequest().refuse(problem('bad_baseline'));
    });
    expect(requests.map(({ baseline }) => baseline)).toEqual(['mine', 'recording']);
    await settle(() => {
      lastRequest().answer(happyTimeline);
    });
    expect(phases()).toEqual(['done']);
    expect(baselines.getState().learned).toEqual({});
    expect(ownVoice()).toBeDisabled();
    expect(ownVoice()).not.toBeChecked();
  });
});

it('shows the result of a file, by way of the real service', async () => {
  const line = JSON.stringify({ type: 'result', ...happyTimeline });
  server.use(http.post('/analyze', () => HttpResponse.text(`${line}\n`)));
  renderView();
  await choose('laugh.wav');
  await waitFor(() => {
    expect(screen.getByTestId('upload-outcome')).toHaveTextContent('Happy 84%');
  });
  expect(screen.getByTestId('probability-Angry')).toHaveTextContent('5%');
  expect(screen.getByTestId('sentiment')).toHaveTextContent(/^positive$/);
  expect(screen.getByTestId('upload-status')).toHaveTextContent('1 of 1 file done');
  expect(screen.getByTestId('upload-announcement')).toHaveTextContent('laugh.wav: Happy, 84%');
});

it('shows no sentiment where the server derives none', async () => {
  const nothing = { sentiment: null, valence: null, arousal: null };
  const line = JSON.stringify({ type: 'result', ...happyTimeline, ...nothing });
  server.use(http.post('/analyze', () => HttpResponse.text(`${line}\n`)));
  renderView();
  await choose('laugh.wav');
  expect(await screen.findByTestId('probability-Angry')).toBeInTheDocument();
  expect(screen.queryByTestId('affect')).not.toBeInTheDocument();
  expect(screen.queryByTestId('intensity')).not.toBeInTheDocument();
});

it('shows an uncertain sentiment as a guess, and says that it is that of the mean', async () => {
  const line = JSON.stringify({ type: 'result', ...twoPartTimeline, low_information: true });
  server.use(http.post('/analyze', () => HttpResponse.text(`${line}\n`)));
  renderView();
  await choose('call.wav');
  expect(await screen.findByTestId('sentiment')).toHaveTextContent(/^maybe positive$/);
  expect(screen.getByTestId('affect')).toHaveTextContent('Derived from the mean probabilities');
});

it('shows how strongly the emotion of a file is expressed, where the model tells', async () => {
  const line = JSON.stringify({ type: 'result', ...happyTimeline, intensity: 41.3 });
  server.use(http.post('/analyze', () => HttpResponse.text(`${line}\n`)));
  renderView();
  await choose('laugh.wav');
  expect(await screen.findByRole('meter', { name: 'Intensity' })).toHaveAttribute(
    'aria-valuenow',
    '41',
  );
});

it('breaks off the request of a cancelled file', async () => {
  server.use(
    http.post('/analyze', async () => {
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
    const upload = items()[0]?.getByRole('progressbar', { name: 'Upload' });
    expect(upload).toHaveAttribute('aria-valuenow', '50');
    await settle(() => {
      lastRequest().onUploadProgress?.(1);
    });
    expect(phases()).toEqual(['analysing', 'waiting']);

    await settle(() => {
      lastRequest().answer(twoPartTimeline);
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
    expect(items()[0]?.getByText('Do this.')).toBeInTheDocument();

    await userEvent.click(screen.getByRole('button', { name: 'Try again: a.wav' }));
    expect(requests.map(({ name }) => name)).toEqual(['a.wav', 'b.wav']);
    await settle(() => {
      lastRequest().answer(happyTimeline);
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
      lastRequest().answer(happyTimeline);
    });
    expect(leave().defaultPrevented).toBe(false);
  });

  it('open one at a time, by arrow keys too', async () => {
    renderView();
    await choose('a.wav', 'b.wav');
    const [first, second] = screen.getAllByTestId('upload-toggle');
    expect(first).toHaveAttribute('aria-current', 'true');
    expect(screen.getByRole('heading', { name: 'a.wav' })).toBeVisible();
    if (second) await userEvent.click(second);
    expect(first).not.toHaveAttribute('aria-current');
    expect(screen.getByRole('heading', { name: 'b.wav' })).toBeVisible();
    await userEvent.keyboard('{ArrowUp}');
    expect(first).toHaveFocus();
    expect(screen.getByRole('heading', { name: 'a.wav' })).toBeVisible();
  });
});

describe('a busy server', () => {
  it.each(['too_many_requests', 'busy'])('is left alone for as long as it asks: %s', async (code) => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    holdRequests();
    renderView();
    await choose('a.wav');
    await settle(() => {
      lastRequest().refuse(problem(code, 7));
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
  expect(items()[0]?.getByText('Do this.')).toBeVisible();
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
  expect(items()[0]?.getByText('Do this.')).toBeVisible();
});

it('shows no speech as a result, not as an error', async () => {
  holdRequests();
  renderView();
  await choose('a.wav');
  await settle(() => {
    lastRequest().answer(silentTimeline);
  });
  expect(phases()).toEqual(['no_speech']);
  expect(items()[0]?.getByText(/No speech in 01:05/)).toBeVisible();
  expect(screen.getByTestId('upload-announcement')).toHaveTextContent('a.wav: No speech');
});

describe('a long recording', () => {
  const tell = (...messages: TimelineMessage[]) =>
    settle(() => {
      lastRequest().onMessages?.(messages);
    });
  const outcome = () => screen.getByTestId('upload-outcome');
  const bar = () => items()[0]?.getByRole('progressbar', { name: 'Analysis' });
  const start = (passes: number, durationS: number | null): TimelineMessage => ({
    type: 'start',
    model: model.name,
    emotions: model.emotions,
    baseline: 'recording',
    passes,
    duration_s: durationS,
  });

  beforeEach(async () => {
    holdRequests();
    renderView();
    await choose('call.wav');
  });

  it('shows the progress of both passes and the windows so far', async () => {
    await settle(() => {
      lastRequest().onUploadProgress?.(1);
    });
    expect(outcome()).toHaveTextContent('Analysing');
    expect(bar()).not.toHaveAttribute('aria-valuenow');

    const progress = { type: 'progress', passes: 2, duration_s: 120 } as const;
    await tell(start(2, 120), { ...progress, pass: 1, done_s: 60 });
    expect(outcome()).toHaveTextContent('Pass 1 of 2: 01:00 of 02:00');
    expect(bar()).toHaveAttribute('aria-valuenow', '25');
    expect(screen.getByRole('img', { name: /from 0 windows/ })).toBeInTheDocument();

    await tell({ ...progress, pass: 2, done_s: 90 });
    const windows = twoPartTimeline.windows.map((window) => ({ type: 'window', ...window }) as const);
    await tell(...windows);
    expect(outcome()).toHaveTextContent('Pass 2 of 2: 01:30 of 02:00');
    expect(bar()).toHaveAttribute('aria-valuenow', '88');
    expect(screen.getByRole('img', { name: /Angry, Happy, Sad, Disgust.*from 3 windows/ })).toBeInTheDocument();

    await settle(() => {
      lastRequest().answer({ ...twoPartTimeline, truncated: true });
    });
    expect(outcome()).toHaveTextContent('Happy 60% of speech');
    expect(screen.getAllByTestId('segment-row')).toHaveLength(2);
    expect(screen.getByTestId('share-Happy')).toHaveTextContent('6.0 s (60%)');
    expect(screen.getByTestId('share-Sad')).toHaveTextContent('4.0 s (40%)');
    expect(screen.getByText(/The file is cut off or damaged/)).toBeVisible();
    expect(screen.getByTestId('timeline-summary')).toHaveTextContent(
      '12.0 s long, 10.0 s of it speech. Model: bilstm-cremad. Compared with: this recording.',
    );
  });

  it('claims no share where nobody knows how long it is', async () => {
    await tell(start(1, null), { type: 'progress', pass: 1, passes: 1, done_s: 61, duration_s: null });
    expect(outcome()).toHaveTextContent(/^01:01$/);
    expect(bar()).not.toHaveAttribute('aria-valuenow');
  });
});

it('gives a clip with one emotion its card, and no lists', async () => {
  holdRequests();
  renderView();
  await choose('a.wav');
  await settle(() => {
    lastRequest().answer({ ...happyTimeline, low_information: true });
  });
  expect(screen.getByTestId('upload-outcome')).toHaveTextContent(/^Happy 84% Uncertain$/);
  expect(screen.getByRole('list', { name: 'Probabilities' })).toBeVisible();
  expect(screen.queryByTestId('segment-table')).not.toBeInTheDocument();
  expect(screen.queryByRole('list', { name: 'Speech by emotion' })).not.toBeInTheDocument();
});

it('waits for the list of models, and sends nothing until it is known which one to ask', async () => {
  holdRequests();
  const props = { device: serverAnswers, baselines: new BaselineStore(), isShown: true };
  const { rerender } = render(<UploadView {...props} model={undefined} isModelPending />);
  await choose('a.wav');
  expect(items()[0]?.getByText('Waiting for the list of models')).toBeInTheDocument();
  expect(requests).toEqual([]);
  rerender(<UploadView {...props} model={{ ...model, name: 'other' }} isModelPending={false} />);
  await waitFor(() => {
    expect(lastRequest().model).toBe('other');
  });
});

describe('on this device', () => {
  beforeEach(holdRequests);

  it('waits for the model, and nothing is sent', async () => {
    const analyze = vi.fn(() => Promise.resolve(happyTimeline));
    const shown = (device: Partial<DeviceControl>) => (
      <UploadView
        model={model}
        isModelPending={false}
        device={{ ...serverAnswers, isOn: true, ...device }}
        baselines={new BaselineStore()}
        isShown
      />
    );
    const { rerender } = render(shown({ state: { phase: 'loading', loaded: 0, total: undefined } }));
    expect(screen.getByText(/up to 30 minutes/)).toBeInTheDocument();
    await choose('a.wav');
    expect(items()[0]?.getByText('Waiting for the model')).toBeInTheDocument();
    const service = { ...apiService, analyze };
    rerender(shown({ state: { phase: 'ready', isKept: false }, service }));
    await waitFor(() => {
      expect(analyze).toHaveBeenCalledOnce();
    });
    expect(requests).toEqual([]);
  });

  it('takes a file back from the server when it is turned on', async () => {
    const analyze = vi.fn(() => Promise.resolve(happyTimeline));
    const props = { model, isModelPending: false, baselines: new BaselineStore(), isShown: true };
    const { rerender } = render(<UploadView {...props} device={serverAnswers} />);
    await choose('a.wav');
    const { signal } = lastRequest();
    const device = { ...serverAnswers, isOn: true, service: { ...apiService, analyze } };
    rerender(<UploadView {...props} device={device} />);
    expect(signal.aborted).toBe(true);
    await waitFor(() => {
      expect(analyze).toHaveBeenCalledOnce();
    });
    expect(requests).toHaveLength(1);
  });
});

describe('the open file', () => {
  const headings = () => screen.queryAllByRole('heading', { level: 2 }).map((each) => each.textContent);
  const fileInUrl = () => new URLSearchParams(window.location.search).get('file');

  beforeEach(holdRequests);

  it('is named by the address, and none is where it is gone', async () => {
    renderView();
    await choose('a.wav', 'b.wav');
    await userEvent.click(screen.getByRole('button', { name: 'b.wav' }));
    const id = fileInUrl();
    expect(id).toBe(screen.getByRole('button', { name: 'b.wav' }).dataset.id);

    await userEvent.click(screen.getByRole('button', { name: 'Remove b.wav' }));
    expect(fileInUrl()).toBeNull();
    expect(headings()).toContain('a.wav');
    act(() => {
      window.history.replaceState(null, '', `/?file=${id}`);
      window.dispatchEvent(new PopStateEvent('popstate'));
    });
    expect(fileInUrl()).toBeNull();
  });

  it('is no other one after the list was cleared', async () => {
    renderView();
    await choose('a.wav', 'b.wav');
    await userEvent.click(screen.getByRole('button', { name: 'b.wav' }));
    await userEvent.click(screen.getByRole('button', { name: 'Cancel all' }));
    await userEvent.click(screen.getByRole('button', { name: 'Clear list' }));
    expect(screen.getByTestId('file-input')).toHaveFocus();
    await choose('c.wav', 'd.wav');
    expect(headings()).toContain('c.wav');
  });

  it('covers the screen of a phone, until it is closed', async () => {
    stubPageWidth(40);
    renderView();
    await choose('a.wav');
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    await userEvent.click(screen.getByTestId('upload-toggle'));
    expect(screen.getByRole('dialog', { name: 'a.wav' })).toBeVisible();
    const back = vi.spyOn(window.history, 'back').mockImplementation(() => undefined);
    await userEvent.click(screen.getByTestId('close-sheet'));
    expect(back).toHaveBeenCalledOnce();
    act(() => {
      window.history.replaceState(null, '', '/');
      window.dispatchEvent(new PopStateEvent('popstate'));
    });
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });
});

describe('an exported analysis', () => {
  const jsonFile = (text: string) => new File([text], 'call.json', { type: 'application/json' });

  beforeEach(holdRequests);

  it('opens again, without its sound, and nothing is sent', async () => {
    renderView();
    await userEvent.upload(screen.getByTestId('file-input'), jsonFile(JSON.stringify(twoPartTimeline)));
    await waitFor(() => {
      expect(phases()).toEqual(['done']);
    });
    expect(requests).toEqual([]);
    expect(screen.getByTestId('file-outcome')).toHaveTextContent('Happy 60% of speech');
    expect(screen.getByText('An exported analysis has no sound.')).toBeVisible();
    expect(screen.queryByTestId('play-button')).not.toBeInTheDocument();
  });

  it('is refused where it is none', async () => {
    renderView();
    await userEvent.upload(screen.getByTestId('file-input'), jsonFile('{"emotion": 7}'));
    await waitFor(() => {
      expect(phases()).toEqual(['failed']);
    });
    expect(items()[0]?.getByText(/Choose an analysis that was exported here as JSON/)).toBeVisible();
    expect(screen.queryByTestId('retry-upload')).not.toBeInTheDocument();
  });
});

describe('finished files', () => {
  const finish = async (...timelines: Timeline[]) => {
    holdRequests();
    renderView();
    await choose(...timelines.map((_, i) => `${'abc'[i] ?? ''}.wav`));
    for (const timeline of timelines) {
      await settle(() => {
        lastRequest().answer(timeline);
      });
    }
  };

  it('are exported at once, in the order of the list', async () => {
    await finish(happyTimeline, twoPartTimeline);
    await userEvent.selectOptions(screen.getByTestId('sort-uploads'), 'Longest first');
    await userEvent.click(screen.getByTestId('export-all'));
    const [text = '', name] = vi.mocked(download).mock.lastCall ?? [];
    expect(name).toBe('emotions of all files.csv');
    const rows = text.split('\n').slice(1, -1);
    expect(rows.map((row) => row.slice(0, 5))).toEqual(['b.wav', 'b.wav', 'a.wav']);
  });

  it('stand side by side', async () => {
    await finish(happyTimeline, twoPartTimeline, happyTimeline);
    await userEvent.click(screen.getByTestId('side-by-side-menu'));
    await userEvent.click(within(screen.getByTestId('file-detail')).getByRole('button', { name: 'b.wav' }));
    const table = within(screen.getByRole('table', { name: 'Speech by emotion' }));
    expect(table.getByRole('columnheader', { name: /b.wav.*Happy 60% of speech/ })).toBeVisible();
    const row = table.getByRole('row', { name: /Sad/ });
    expect(within(row).getAllByRole('cell').map((cell) => cell.textContent)).toEqual([
      '0.0 s (0%)',
      '4.0 s (40%)',
    ]);
    await userEvent.click(screen.getByRole('button', { name: 'Close the comparison' }));
    expect(screen.queryByTestId('side-by-side')).not.toBeInTheDocument();
  });

  it('say why they were compared with everybody', async () => {
    await finish({ ...happyTimeline, baseline: 'none' });
    expect(screen.getByTestId('remark')).toHaveTextContent('2.0 s of speech are too little');
  });

  it('are printed on one page of their own', async () => {
    await finish(twoPartTimeline);
    expect(screen.queryByTestId('report')).not.toBeInTheDocument();
    window.dispatchEvent(new Event('beforeprint'));
    const report = within(screen.getByTestId('report'));
    expect(report.getByRole('heading', { name: 'a.wav', hidden: true })).toBeInTheDocument();
    expect(report.getAllByRole('listitem', { hidden: true }).at(-1)).toHaveTextContent('maybe Sad 64%');
    window.dispatchEvent(new Event('afterprint'));
    expect(screen.queryByTestId('report')).not.toBeInTheDocument();
  });
});

describe('voices', () => {
  beforeEach(holdRequests);

  it.each([
    ['One voice', undefined],
    ['Two voices', { speakers: '2' }],
    ['Left and right channel', { channels: 'split' }],
  ])('are told apart as chosen: %s', async (name, voices) => {
    renderView();
    await userEvent.click(screen.getByRole('radio', { name }));
    await choose('call.wav');
    expect(lastRequest().voices).toEqual(voices);
  });

  it('are one on this device, which cannot tell them apart', () => {
    renderView(new BaselineStore(), model, { ...serverAnswers, isOn: true });
    expect(screen.getByRole('radio', { name: 'Two voices' })).toBeDisabled();
    expect(screen.getByRole('radio', { name: 'One voice' })).toBeChecked();
  });
});
