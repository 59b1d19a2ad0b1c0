import axios, { AxiosError, type AxiosProgressEvent } from 'axios';
import { delay, http, HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { audioFile, happy, happyTimeline, twoPartTimeline, model, otherModel } from '@/test/fixtures';
import { server } from '@/test/server';
import { apiService } from './apiService';
import { toProblem, type Problem } from './problem';
import type { TimelineMessage } from './timelineSchemas';

function predict(clip = audioFile(), signal = new AbortController().signal) {
  return apiService.predict(clip, { signal });
}

async function problemOf(request: Promise<unknown>): Promise<Problem> {
  return toProblem(
    await request.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
}

function answerWith(body: Record<string, unknown> | string, status = 200) {
  const response = () =>
    typeof body === 'string'
      ? HttpResponse.text(body, { status })
      : HttpResponse.json(body, { status });
  server.use(http.post('/predict', response));
}

describe('apiService.models', () => {
  it('returns the models of the server', async () => {
    const models = { default: model.name, models: [model, otherModel] };
    server.use(http.get('/models', () => HttpResponse.json(models)));
    await expect(apiService.models(new AbortController().signal)).resolves.toEqual(models);
  });

  it('refuses a list it cannot read', async () => {
    server.use(http.get('/models', () => HttpResponse.json({ models: ['bilstm'] })));
    const request = apiService.models(new AbortController().signal);
    expect((await problemOf(request)).code).toBe('malformed_answer');
  });
});

describe('apiService.health', () => {
  const health = () => apiService.health(new AbortController().signal, 1000);

  it('resolves when the server can predict', async () => {
    const body = { status: 'healthy', model_loaded: true };
    server.use(http.get('/health', () => HttpResponse.json({ ...body, timestamp: '' })));
    await expect(health()).resolves.toEqual(body);
  });

  it('says so while it cannot', async () => {
    const body = { status: 'unhealthy', model_loaded: false, timestamp: '' };
    server.use(http.get('/health', () => HttpResponse.json(body, { status: 503 })));
    expect((await problemOf(health())).code).toBe('model_unavailable');
  });
});

describe('apiService.baseline', () => {
  const learn = () =>
    apiService.baseline(audioFile(), { signal: new AbortController().signal, model: model.name });

  it('returns what the server made of the voice', async () => {
    const answer = { baseline: 'token', speech_s: 9.8 };
    server.use(http.post('/baseline', () => HttpResponse.json(answer)));
    const append = vi.spyOn(FormData.prototype, 'append');
    await expect(learn()).resolves.toEqual(answer);
    expect(append).toHaveBeenCalledWith('model', model.name);
  });

  it.each([{ baseline: '', speech_s: 9 }, { baseline: 'token', speech_s: -1 }, {}])(
    'refuses %j',
    async (body) => {
      server.use(http.post('/baseline', () => HttpResponse.json(body)));
      expect((await problemOf(learn())).code).toBe('malformed_answer');
    },
  );

  it('says what to do where too little was said', async () => {
    const body = { error: 'Too little speech', code: 'baseline_too_short' };
    server.use(http.post('/baseline', () => HttpResponse.json(body, { status: 422 })));
    expect((await problemOf(learn())).remedy).toMatch(/whole time/);
  });
});

describe('apiService.predict', () => {
  it('returns the prediction', async () => {
    answerWith(happy);
    await expect(predict()).resolves.toEqual(happy);
  });

  it('keeps the order of the probabilities', async () => {
    answerWith(happy);
    const { probabilities } = await predict();
    expect(Object.keys(probabilities)).toEqual(['Angry', 'Happy', 'Sad', 'Disgust']);
  });

  it('tolerates fields it does not know', async () => {
    answerWith({ ...happy, model: 'default', duration_s: 3 });
    await expect(predict()).resolves.toEqual(happy);
  });

  it('sends the clip, with its name, as the multipart field "file"', async () => {
    answerWith(happy);
    const append = vi.spyOn(FormData.prototype, 'append');
    const clip = audioFile('laugh.ogg');
    await predict(clip);
    expect(append).toHaveBeenCalledExactlyOnceWith('file', clip, 'laugh.ogg');
  });

  it('names the model it asks for', async () => {
    answerWith(happy);
    const append = vi.spyOn(FormData.prototype, 'append');
    await apiService.predict(audioFile(), { signal: new AbortController().signal, model: 'other' });
    expect(append).toHaveBeenCalledWith('model', 'other');
  });

  it('sends what is known of the speaker, and takes what the server adds', async () => {
    const grown = { ...happy, baseline: 'grown', baseline_speech_s: 12.5 };
    answerWith(grown);
    const append = vi.spyOn(FormData.prototype, 'append');
    const { signal } = new AbortController();
    const answer = apiService.predict(audioFile(), { signal, baseline: 'token', adapt: true });
    await expect(answer).resolves.toEqual(grown);
    expect(append).toHaveBeenCalledWith('baseline', 'token');
    expect(append).toHaveBeenCalledWith('adapt', 'true');
  });

  it('keeps what the server says about its certainty', async () => {
    answerWith({ ...happy, low_information: true });
    expect((await predict()).low_information).toBe(true);
  });

  it.each([
    ['7', 7],
    ['0', 0],
    ['86400', 3600],
    [new Date(Date.now() - 5000).toUTCString(), 0],
    ['soon', undefined],
  ])('reads Retry-After: %s', async (header, seconds) => {
    server.use(
      http.post('/predict', () =>
        HttpResponse.json(
          { error: 'Too many requests', code: 'too_many_requests' },
          { status: 429, headers: { 'Retry-After': header } },
        ),
      ),
    );
    expect((await problemOf(predict())).retryAfterS).toBe(seconds);
  });

  it('takes a server that does not answer in time for one that is away', async () => {
    const timedOut = new AxiosError('timeout', AxiosError.ECONNABORTED);
    const request = vi.spyOn(axios, 'request').mockRejectedValue(timedOut);
    const { signal } = new AbortController();
    const answer = apiService.predict(audioFile(), { signal, timeoutMs: 30_000 });
    expect((await problemOf(answer)).code).toBe('server_away');
    expect(request).toHaveBeenCalledWith(expect.objectContaining({ timeout: 30_000 }));
  });

  it.each([
    [400, 'no_file', 'No audio file provided'],
    [400, 'unsupported_format', 'Unsupported audio format'],
    [413, 'too_large', 'Audio file too large'],
    [413, 'too_long', 'Audio too long'],
    [422, 'too_short', 'Audio too short'],
    [422, 'decode_failed', 'Audio could not be decoded'],
    [422, 'no_speech', 'No speech detected'],
    [429, 'too_many_requests', 'Too many requests'],
    [500, 'internal_error', 'Internal server error'],
    [503, 'model_unavailable', 'Model not available'],
  ])('shows the words of the server for %i %s', async (status, code, error) => {
    answerWith({ error, code, detail: 'What came and what to do.' }, status);
    expect(await problemOf(predict())).toEqual({
      code,
      title: error,
      remedy: 'What came and what to do.',
    });
  });

  it.each([
    ['too_short', /second or longer/],
    ['too_many_requests', /Wait a moment/],
    ['a_code_of_tomorrow', /Try again/],
  ])('has a remedy of its own where %s comes without a detail', async (code, remedy) => {
    answerWith({ error: 'A sentence', code }, 422);
    expect((await problemOf(predict())).remedy).toMatch(remedy);
  });

  it.each([
    [413, 'Audio file too large'],
    [429, 'Too many requests'],
    [503, 'Model not available'],
    [502, 'The server cannot be reached'],
    [504, 'The server cannot be reached'],
    [418, 'The server answered with status 418'],
  ])('finds words for a %i from a proxy', async (status, title) => {
    answerWith('<html>nginx</html>', status);
    expect((await problemOf(predict())).title).toBe(title);
  });

  it.each<[string, Record<string, unknown> | string]>([
    ['no JSON', '<html>login</html>'],
    ['an empty body', ''],
    ['no emotion', { ...happy, emotion: undefined }],
    ['a confidence above 1', { ...happy, confidence: 84 }],
    ['probabilities that are a list', { ...happy, probabilities: [0.1, 0.9] }],
    ['a probability that is text', { ...happy, probabilities: { Happy: 'much' } }],
  ])('refuses an answer with %s', async (_case, body) => {
    answerWith(body);
    expect((await problemOf(predict())).code).toBe('malformed_answer');
  });

  it('says so when the server is away', async () => {
    server.use(http.post('/predict', () => HttpResponse.error()));
    expect((await problemOf(predict())).code).toBe('server_away');
  });

  it('ends when it is aborted', async () => {
    server.use(
      http.post('/predict', async () => {
        await delay('infinite');
      }),
    );
    const controller = new AbortController();
    const request = predict(audioFile(), controller.signal);
    controller.abort();
    await expect(request).rejects.toMatchObject({ name: 'CanceledError' });
  });
});

describe('apiService.analyze', () => {
  const [window] = twoPartTimeline.windows;
  const start = {
    type: 'start',
    model: model.name,
    emotions: model.emotions,
    baseline: 'recording',
    passes: 2,
    duration_s: 12,
  };
  const progress = { type: 'progress', pass: 1, passes: 2, done_s: 6, duration_s: 12 };
  const result = { type: 'result', ...twoPartTimeline };
  const asLines = (...lines: object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

  function serveText(text: string) {
    server.use(http.post('/analyze', () => HttpResponse.text(text)));
  }

  function analyze(recording = audioFile(), options = {}) {
    const { signal } = new AbortController();
    return apiService.analyze(recording, { signal, baseline: 'recording', ...options });
  }

  it('reports messages as they arrive, and returns the result', async () => {
    const openedWith: string[][] = [];
    const all = asLines(start, progress, { type: 'window', ...window }, result);
    vi.spyOn(axios, 'request').mockImplementation(({ onDownloadProgress }) => {
      const comes = (responseText: string, status = 200) => {
        const event = { target: { status, responseText } };
        onDownloadProgress?.({ event } as unknown as AxiosProgressEvent);
      };
      const [first, second] = asLines(start, progress).split(/(?<=\n)/);
      comes('a proxy\n', 502);
      comes(`${first}${second?.slice(0, 20)}`);
      comes(`${first}${second}`);
      comes(`${first}${second}`);
      return Promise.resolve({ data: all });
    });
    const onMessages = (messages: TimelineMessage[]) => {
      openedWith.push(messages.map(({ type }) => type));
    };
    await expect(analyze(audioFile(), { onMessages })).resolves.toEqual(twoPartTimeline);
    expect(openedWith).toEqual([['start'], ['progress'], ['window', 'result']]);
  });

  it('keeps what it does not know of a timeline, for its export', async () => {
    serveText(asLines(start, { ...result, hop_s: 1 }));
    await expect(analyze()).resolves.toEqual({ ...twoPartTimeline, hop_s: 1 });
  });

  it('needs no newline at the end, and skips what it cannot read', async () => {
    serveText(`${asLines(start, { type: 'of tomorrow' })}no JSON\n${JSON.stringify(result)}`);
    await expect(analyze()).resolves.toEqual(twoPartTimeline);
  });

  it('sends the baseline, and asks for NDJSON', async () => {
    let accept: string | null = null;
    server.use(
      http.post('/analyze', ({ request }) => {
        accept = request.headers.get('Accept');
        return HttpResponse.text(asLines({ type: 'result', ...happyTimeline }));
      }),
    );
    const append = vi.spyOn(FormData.prototype, 'append');
    await analyze(audioFile(), { baseline: 'none', model: 'other' });
    const names = append.mock.calls.map(([name]) => name);
    // The server reads a file while it comes.
    expect(names).toEqual(['model', 'baseline', 'peaks', 'file']);
    expect(append).toHaveBeenCalledWith('baseline', 'none');
    expect(append).toHaveBeenCalledWith('model', 'other');
    expect(accept).toBe('application/x-ndjson');
  });

  it('reports the progress of the upload up to the whole', async () => {
    serveText(asLines(result));
    const onUploadProgress = vi.fn();
    await analyze(audioFile(), { onUploadProgress });
    expect(onUploadProgress).toHaveBeenLastCalledWith(1);
  });

  it.each<[string, object[], string]>([
    ['an error in the middle', [start, { type: 'error', error: 'Oh', code: 'oh' }], 'oh'],
    ['no result', [start, progress], 'malformed_answer'],
    ['a result without segments', [{ ...result, segments: undefined }], 'malformed_answer'],
    ['nothing', [], 'malformed_answer'],
  ])('says so after %s', async (_case, lines, code) => {
    serveText(asLines(...lines));
    expect((await problemOf(analyze())).code).toBe(code);
  });

  it('shows the words of the server for what it refuses', async () => {
    const body = { error: 'Audio too long', code: 'too_long', detail: 'At most 4 h.' };
    server.use(http.post('/analyze', () => HttpResponse.json(body, { status: 413 })));
    const problem = { code: 'too_long', title: 'Audio too long', remedy: 'At most 4 h.' };
    expect(await problemOf(analyze())).toEqual(problem);
  });

  it.each([
    ['far too large', 600 * 1024 * 1024, 'too_large'],
    ['of a usual size', 1000, 'server_away'],
  ])('knows why a connection may break on a file %s', async (_case, size, code) => {
    server.use(http.post('/analyze', () => HttpResponse.error()));
    const file = audioFile();
    Object.defineProperty(file, 'size', { value: size });
    expect((await problemOf(analyze(file))).code).toBe(code);
  });

  it('ends when it is aborted', async () => {
    server.use(
      http.post('/analyze', async () => {
        await delay('infinite');
      }),
    );
    const controller = new AbortController();
    const request = analyze(audioFile(), { signal: controller.signal });
    controller.abort();
    await expect(request).rejects.toMatchObject({ name: 'CanceledError' });
  });
});
