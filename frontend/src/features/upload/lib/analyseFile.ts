import type { AnalyzeOptions } from '@/lib/apiService';
import type { EmotionService } from '@/lib/emotionService';
import { toProblem, type Problem } from '@/lib/problem';
import { withBaseline } from '@/features/voice/lib/withBaseline';
import { hasSpeech, type Timeline } from '@/lib/timelineSchemas';
import type { BaselineStore } from '@/features/voice/lib/baselineStore';
import { afterMessages, emptyAnalysis } from './analysis';
import type { BaselineSource } from './baselineSource';
import type { UploadState } from './uploads';

const DEFAULT_PAUSE_S = 5;

const busyCodes = new Set(['too_many_requests', 'busy']);

interface AnalyseOptions extends Pick<AnalyzeOptions, 'model' | 'signal' | 'voices'> {
  service: Pick<EmotionService, 'analyze'>;
  baselines: BaselineStore;
  /** The model's kind of baseline; undefined without a model. */
  kind: string | undefined;
  baselineSource: BaselineSource;
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
  { service, baselines, kind, baselineSource, ...options }: AnalyseOptions,
  show: (state: UploadState) => void,
): Promise<Timeline> {
  let analysis = emptyAnalysis;
  const analyzeWith = (baseline: string) =>
    service.analyze(file, {
      ...options,
      baseline,
      onUploadProgress: (progress) => {
        // The server may begin before the upload is complete.
        if (analysis !== emptyAnalysis) return;
        show(progress < 1 ? { phase: 'sending', progress } : { phase: 'analysing', analysis });
      },
      onMessages: (messages) => {
        analysis = afterMessages(analysis, messages);
        show({ phase: 'analysing', analysis });
      },
    });
  if (baselineSource === 'everybody') return analyzeWith('none');
  if (baselineSource === 'recording' || kind === undefined) return analyzeWith('recording');
  return withBaseline(baselines, kind, ({ token }) => analyzeWith(token ?? 'recording'));
}

async function tryOnce(
  file: File,
  options: AnalyseOptions,
  show: (state: UploadState) => void,
): Promise<UploadState> {
  try {
    const timeline = await analyze(file, options, show);
    const asked = { baselineSource: options.baselineSource };
    return hasSpeech(timeline)
      ? { phase: 'done', timeline, asked }
      : { phase: 'no_speech', timeline };
  } catch (error) {
    return problemState(toProblem(error));
  }
}

function problemState(problem: Problem): UploadState {
  const isBusy = busyCodes.has(problem.code);
  return { phase: isBusy ? 'pausing' : 'failed', problem };
}

/** Analyses one file. When the server is busy, waits for Retry-After and tries again. */
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
