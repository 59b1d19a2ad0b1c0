import type { TimelineMessage, TimelineWindow } from '@/lib/timelineSchemas';

/** How far the analysis of a recording has come. */
export interface Analysis {
  pass: number;
  /** Number of passes; 0 until the server has reported it. */
  passes: number;
  doneS: number;
  /** `null` while unknown. */
  durationS: number | null;
  emotions: string[];
  windows: TimelineWindow[];
  /** Of the waveform, 0-255; undefined until the server has decoded the whole recording. */
  peaks: number[] | undefined;
}

export const emptyAnalysis: Analysis = {
  pass: 1,
  passes: 0,
  doneS: 0,
  durationS: null,
  emotions: [],
  windows: [],
  peaks: undefined,
};

function afterMessage(analysis: Analysis, message: TimelineMessage): Analysis {
  switch (message.type) {
    case 'start': {
      const { passes, duration_s: durationS, emotions } = message;
      return { ...emptyAnalysis, passes, durationS, emotions };
    }
    case 'progress': {
      const { pass, passes, done_s: doneS, duration_s: durationS } = message;
      return { ...analysis, pass, passes, doneS, durationS };
    }
    case 'peaks':
      return { ...analysis, peaks: message.peaks };
    default:
      return analysis;
  }
}

/** Takes many messages at once: a long recording has thousands. */
export function afterMessages(analysis: Analysis, messages: TimelineMessage[]): Analysis {
  const windows = messages.filter((message) => message.type === 'window');
  const after = messages.reduce(afterMessage, analysis);
  return { ...after, windows: [...after.windows, ...windows] };
}

/** Progress over all passes, 0 to 1; undefined where unknown. */
export function fractionDone({ pass, passes, doneS, durationS }: Analysis): number | undefined {
  if (passes === 0 || !durationS) return undefined;
  return Math.min(1, (pass - 1 + Math.min(1, doneS / durationS)) / passes);
}
