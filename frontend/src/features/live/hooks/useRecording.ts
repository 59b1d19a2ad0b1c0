import { useCallback, useEffect, useRef, useState } from 'react';
import type { Problem } from '../../../lib/problem';
import { recordClip } from '../lib/recordClip';
import { toRecordingProblem } from '../lib/recordingProblems';

export type RecordingPhase = 'idle' | 'asking' | 'recording';

export interface RecordingHandlers {
  onClip: (clip: File) => void;
  onProblem: (problem: Problem) => void;
}

export interface RecordingControl {
  phase: RecordingPhase;
  start: () => void;
  cancel: () => void;
}

export function useRecording({ onClip, onProblem }: RecordingHandlers): RecordingControl {
  const [phase, setPhase] = useState<RecordingPhase>('idle');
  const recording = useRef<AbortController>(null);

  const start = useCallback(() => {
    const controller = new AbortController();
    recording.current = controller;
    const { signal } = controller;
    const onRecording = () => {
      setPhase('recording');
    };
    const endUnlessCancelled = (report: () => void) => {
      if (signal.aborted) return;
      setPhase('idle');
      report();
    };
    setPhase('asking');
    recordClip({ signal, onRecording }).then(
      (clip) => {
        endUnlessCancelled(() => {
          onClip(clip);
        });
      },
      (error: unknown) => {
        endUnlessCancelled(() => {
          onProblem(toRecordingProblem(error));
        });
      },
    );
  }, [onClip, onProblem]);

  const cancel = useCallback(() => {
    recording.current?.abort();
    setPhase('idle');
  }, []);

  useEffect(() => () => recording.current?.abort(), []);

  return { phase, start, cancel };
}
