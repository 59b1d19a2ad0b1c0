import { predictVoice, type PredictVoiceOptions } from '../../../lib/predictVoice';
import { toProblem, type Problem } from '../../../lib/problem';
import type { UploadState } from './uploads';

const DEFAULT_PAUSE_S = 5;

type AnalyseOptions = Omit<PredictVoiceOptions, 'canGrow' | 'onUploadProgress'>;

function pause(durationS: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, durationS * 1000);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function tryOnce(
  file: File,
  options: AnalyseOptions,
  show: (state: UploadState) => void,
): Promise<UploadState> {
  try {
    const prediction = await predictVoice(file, {
      ...options,
      onUploadProgress: (progress) => {
        show(progress < 1 ? { phase: 'sending', progress } : { phase: 'analysing' });
      },
    });
    return { phase: 'done', prediction };
  } catch (error) {
    return problemState(toProblem(error));
  }
}

function problemState(problem: Problem): UploadState {
  if (problem.code === 'no_speech') return { phase: 'no_speech', problem };
  if (problem.code === 'too_many_requests') return { phase: 'pausing', problem };
  return { phase: 'failed', problem };
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
