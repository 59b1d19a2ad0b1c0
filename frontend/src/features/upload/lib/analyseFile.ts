import { apiService, type AnalyzeOptions } from '../../../lib/apiService';
import { toProblem, type Problem } from '../../../lib/problem';
import { sendVoice } from '../../../lib/sendVoice';
import { isSpoken, type Timeline } from '../../../lib/timelineSchemas';
import type { VoiceStore } from '../../../lib/voiceStore';
import { afterMessages, emptyAnalysis } from './analysis';
import type { UploadState } from './uploads';

const DEFAULT_PAUSE_S = 5;

const busyCodes = new Set(['too_many_requests', 'busy']);

/** What a voice is heard against: its own recording, the voice that is known here, or everybody's. */
export type HeardAgainst = 'recording' | 'own' | 'everybody';

interface AnalyseOptions extends Pick<AnalyzeOptions, 'model' | 'signal'> {
  voices: VoiceStore;
  /** The model's kind of baseline; without one, no voice is known. */
  kind: string | undefined;
  heardAgainst: HeardAgainst;
}

function pause(durationS: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, durationS * 1000);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function analyze(
  file: File,
  { voices, kind, heardAgainst, ...options }: AnalyseOptions,
  show: (state: UploadState) => void,
): Promise<Timeline> {
  let analysis = emptyAnalysis;
  const heardWith = (baseline: string) =>
    apiService.analyze(file, {
      ...options,
      baseline,
      onUploadProgress: (progress) => {
        // The server may begin before it has all.
        if (analysis !== emptyAnalysis) return;
        show(progress < 1 ? { phase: 'sending', progress } : { phase: 'analysing', analysis });
      },
      onMessages: (messages) => {
        analysis = afterMessages(analysis, messages);
        show({ phase: 'analysing', analysis });
      },
    });
  if (heardAgainst === 'everybody') return heardWith('none');
  if (heardAgainst === 'recording' || kind === undefined) return heardWith('recording');
  return sendVoice(voices, kind, ({ token }) => heardWith(token ?? 'recording'));
}

async function tryOnce(
  file: File,
  options: AnalyseOptions,
  show: (state: UploadState) => void,
): Promise<UploadState> {
  try {
    const timeline = await analyze(file, options, show);
    return isSpoken(timeline) ? { phase: 'done', timeline } : { phase: 'no_speech', timeline };
  } catch (error) {
    return problemState(toProblem(error));
  }
}

function problemState(problem: Problem): UploadState {
  const isBusy = busyCodes.has(problem.code);
  return { phase: isBusy ? 'pausing' : 'failed', problem };
}

/** Has one file analysed; when the server is busy, waits as long as it asks and tries again. */
export async function analyseFile(
  file: File,
  options: AnalyseOptions,
  show: (state: UploadState) => void,
): Promise<void> {
  const { signal } = options;
  while (!signal.aborted) {
    const state = await tryOnce(file, options, show);
    show(state);
    if (state.phase !== 'pausing') return;
    await pause(state.problem.retryAfterS ?? DEFAULT_PAUSE_S, signal);
  }
}
