import { useCallback, useEffect, useRef, useState } from 'react';
import type { Model, Prediction } from '../../../lib/apiSchemas';
import { apiService } from '../../../lib/apiService';
import { predictVoice } from '../../../lib/predictVoice';
import type { Problem } from '../../../lib/problem';
import type { VoiceStore } from '../../../lib/voiceStore';
import type { Chunk } from '../lib/chunk';
import { ChunkSender, type Connection } from '../lib/chunkSender';
import type { LevelMonitor } from '../lib/levelMonitor';
import { startListener, type Listener } from '../lib/listener';
import { toRecordingProblem } from '../lib/recordingProblems';
import { toSpokenProblem } from '../lib/toSpokenProblem';

/** A server that says nothing for so long is as good as away. */
const ANSWER_TIMEOUT_MS = 30_000;
const HEALTH_TIMEOUT_MS = 5_000;

export type ListeningPhase = 'idle' | 'asking' | 'listening';

/** `back` from the moment the server returns until its first answer. */
export type ServerState = Connection | { kind: 'back' };

export interface HeardChunk extends Chunk {
  /** By the clock on the wall, to be shown. */
  endedAtMs: number;
  model: string | undefined;
  baselineKind: string | undefined;
}

export interface ListeningOptions {
  model: Model | undefined;
  voices: VoiceStore;
  /** Until the models are known, the server would answer with one that nobody chose. */
  isModelPending: boolean;
  voiceProcessing: boolean;
  onStarted: () => void;
  onStopped: () => void;
  /** `null` when there was no speech in the chunk. */
  onHeard: (chunk: HeardChunk, prediction: Prediction | null) => void;
  onSkipped: () => void;
}

interface ListeningState {
  phase: ListeningPhase;
  monitor: LevelMonitor | null;
  server: ServerState;
  /** Why the microphone is not open, or why the last chunk was refused. */
  problem: Problem | null;
}

export interface Listening extends ListeningState {
  start: () => void;
  stop: () => void;
}

interface Run {
  controller: AbortController;
  sender: ChunkSender<HeardChunk>;
  listener?: Listener;
}

const initialState: ListeningState = {
  phase: 'idle',
  monitor: null,
  server: { kind: 'up' },
  problem: null,
};

export function useListening(options: ListeningOptions): Listening {
  const [state, setState] = useState(initialState);
  const run = useRef<Run>(null);
  const sender = useRef<ChunkSender<HeardChunk>>(null);
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  const change = useCallback((part: Partial<ListeningState>) => {
    setState((current) => ({ ...current, ...part }));
  }, []);

  const createSender = useCallback(() => {
    // What arrives after the end is still heard, but says nothing about the state any more.
    const changeIfRunning = (part: Partial<ListeningState>) => {
      if (run.current?.sender === created) change(part);
    };
    const created = new ChunkSender<HeardChunk>({
      predict: ({ file, model, baselineKind }, signal) =>
        predictVoice(file, {
          signal,
          model,
          timeoutMs: ANSWER_TIMEOUT_MS,
          voices: latest.current.voices,
          kind: baselineKind,
        }),
      checkHealth: (signal) => apiService.health(signal, HEALTH_TIMEOUT_MS),
      onHeard: (chunk, prediction) => {
        changeIfRunning({ server: { kind: 'up' }, problem: null });
        latest.current.onHeard(chunk, prediction);
      },
      onRefused: (problem) => {
        changeIfRunning({ server: { kind: 'up' }, problem: toSpokenProblem(problem) });
      },
      onSkipped: () => {
        latest.current.onSkipped();
      },
      onConnection: (connection) => {
        changeIfRunning({ server: connection.kind === 'up' ? { kind: 'back' } : connection });
      },
    });
    return created;
  }, [change]);

  const end = useCallback(
    (problem: Problem | null) => {
      const ending = run.current;
      if (!ending) return;
      run.current = null;
      ending.controller.abort();
      ending.sender.finish();
      change({ phase: 'idle', monitor: null, server: { kind: 'up' }, problem });
      if (!ending.listener) return;
      ending.listener.stop();
      latest.current.onStopped();
    },
    [change],
  );

  const start = useCallback(() => {
    if (run.current) return;
    const { voiceProcessing } = latest.current;
    // An answer to the last run may still be on its way; two requests never are.
    sender.current?.close();
    sender.current = createSender();
    const starting: Run = { controller: new AbortController(), sender: sender.current };
    run.current = starting;
    change({ ...initialState, phase: 'asking' });

    const fail = (error: unknown) => {
      if (run.current === starting) end(toRecordingProblem(error));
    };
    startListener({
      voiceProcessing,
      signal: starting.controller.signal,
      onChunk: (chunk) => {
        const { model, isModelPending, onSkipped } = latest.current;
        if (isModelPending) {
          onSkipped();
          return;
        }
        starting.sender.offer({
          ...chunk,
          endedAtMs: Date.now(),
          model: model?.name,
          baselineKind: model?.baseline_kind,
        });
      },
      onFailure: fail,
    }).then((listener) => {
      if (run.current !== starting) {
        listener.stop();
        return;
      }
      starting.listener = listener;
      change({ phase: 'listening', monitor: listener.monitor });
      latest.current.onStarted();
    }, fail);
  }, [change, createSender, end]);

  const stop = useCallback(() => {
    end(null);
  }, [end]);

  useEffect(
    () => () => {
      run.current?.controller.abort();
      sender.current?.close();
      run.current?.listener?.stop();
      run.current = null;
    },
    [],
  );

  return { ...state, start, stop };
}
