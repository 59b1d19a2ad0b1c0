import { useCallback, useEffect, useRef, useState } from 'react';
import type { Model, Prediction } from '@/lib/apiSchemas';
import type { MicrophoneOptions } from '@/lib/microphone/microphone';
import type { EmotionService } from '@/lib/emotionService';
import type { Problem } from '@/lib/problem';
import type { BaselineStore } from '@/features/voice/lib/baselineStore';
import { createChunkTransport } from '../lib/chunkTransport';
import type { LevelMonitor } from '@/lib/microphone/levelMonitor';
import { startListener, type Listener } from '@/lib/microphone/listener';
import { toRecordingProblem } from '@/lib/microphone/recordingProblems';
import { StreamTransport, type StreamStatus } from '../lib/streamTransport';
import { toChunkProblem } from '../lib/liveProblems';
import {
  canStream,
  type LiveMode,
  type PredictedSpan,
  type ServerState,
  type Transport,
} from '../lib/transport';

/** So many results after one that was left out, nothing else must have been. */
const SLOW_RESULTS = 2;

export type ListeningPhase = 'idle' | 'asking' | 'listening';

export interface ListeningOptions {
  model: Model | undefined;
  baselines: BaselineStore;
  /** While models load, requests would be answered by one that the user did not choose. */
  isModelPending: boolean;
  /** What answers: the server, or this device. */
  service: EmotionService;
  microphone: MicrophoneOptions;
  /** The mode to use from the next start on, if the browser supports it. */
  mode: LiveMode;
  onStarted: () => void;
  onStopped: () => void;
  /** `prediction` is `null` where there was no speech. */
  onResult: (span: PredictedSpan, prediction: Prediction | null) => void;
  onSkipped: () => void;
}

interface ListeningState {
  phase: ListeningPhase;
  /** The mode in use; while idle, the last one. */
  mode: LiveMode;
  /** Streaming was chosen and is not possible. */
  cannotStream: boolean;
  monitor: LevelMonitor | null;
  server: ServerState;
  /** Why the microphone is closed, or why the server refused the last chunk. */
  problem: Problem | null;
  /** `null` unless the page streams. */
  streamStatus: StreamStatus | null;
}

export interface Listening extends ListeningState {
  start: () => void;
  stop: () => void;
}

interface Run {
  controller: AbortController;
  transport: Transport;
  listener?: Listener;
}

const initialState: ListeningState = {
  phase: 'idle',
  mode: 'chunks',
  cannotStream: false,
  monitor: null,
  server: { kind: 'up' },
  problem: null,
  streamStatus: null,
};

export function useListening(options: ListeningOptions): Listening {
  const [state, setState] = useState(initialState);
  const run = useRef<Run>(null);
  const transport = useRef<Transport>(null);
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  const change = useCallback((part: Partial<ListeningState>) => {
    setState((current) => ({ ...current, ...part }));
  }, []);

  const createTransport = useCallback(
    (mode: LiveMode, onUnusable: () => void) => {
      // A late answer still counts as a result, but must not change the state of a stopped run.
      const changeIfRunning = (part: Partial<ListeningState>) => {
        if (run.current?.transport === created) change(part);
      };
      const settings = () => latest.current;
      let isDown = false;
      let slowResults = 0;
      const events = {
        onResult: (span: PredictedSpan, prediction: Prediction | null) => {
          const kind = slowResults > 0 ? 'slow' : 'up';
          slowResults = Math.max(0, slowResults - 1);
          changeIfRunning({ server: { kind }, problem: null });
          latest.current.onResult(span, prediction);
        },
        onRefused: (problem: Problem) => {
          changeIfRunning({ server: { kind: 'up' }, problem: toChunkProblem(problem) });
        },
        onSkipped: () => {
          if (!isDown && !settings().isModelPending) {
            slowResults = SLOW_RESULTS;
            changeIfRunning({ server: { kind: 'slow' } });
          }
          latest.current.onSkipped();
        },
        onServer: (server: ServerState) => {
          isDown = server.kind === 'down';
          if (isDown) slowResults = 0;
          changeIfRunning(server.kind === 'up' ? { server, problem: null } : { server });
        },
        onStreamStatus: (streamStatus: StreamStatus) => {
          changeIfRunning({ streamStatus });
        },
        onUnusable: () => {
          if (run.current?.transport === created) onUnusable();
        },
      };
      const created: Transport =
        mode === 'stream'
          ? new StreamTransport(settings, events)
          : createChunkTransport(settings, events);
      return created;
    },
    [change],
  );

  const end = useCallback(
    (problem: Problem | null) => {
      const ending = run.current;
      if (!ending) return;
      run.current = null;
      ending.controller.abort();
      ending.transport.finish();
      const { phase, monitor, server, streamStatus } = initialState;
      change({ phase, monitor, server, streamStatus, problem });
      if (!ending.listener) return;
      ending.listener.stop();
      latest.current.onStopped();
    },
    [change],
  );

  const restart = useRef<(mode: LiveMode, cannotStream: boolean) => void>(() => undefined);
  const begin = useCallback(
    (mode: LiveMode, cannotStream: boolean) => {
      // The last run may still wait for an answer; two requests must never be open.
      transport.current?.close();
      const created = createTransport(mode, () => {
        end(null);
        restart.current('chunks', true);
      });
      transport.current = created;
      const starting: Run = { controller: new AbortController(), transport: created };
      run.current = starting;
      change({ ...initialState, phase: 'asking', mode, cannotStream });

      const fail = (error: unknown) => {
        if (run.current === starting) end(toRecordingProblem(error));
      };
      startListener({
        microphone: latest.current.microphone,
        signal: starting.controller.signal,
        record: (stream) => created.record(stream, fail),
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
    },
    [change, createTransport, end],
  );
  useEffect(() => {
    restart.current = begin;
  }, [begin]);

  const start = useCallback(() => {
    if (run.current) return;
    const cannotStream = latest.current.mode === 'stream' && !canStream();
    begin(cannotStream ? 'chunks' : latest.current.mode, cannotStream);
  }, [begin]);

  const stop = useCallback(() => {
    end(null);
  }, [end]);

  const { isModelPending, model, service } = options;
  useEffect(() => {
    run.current?.transport.follow();
  }, [isModelPending, model, service]);

  useEffect(
    () => () => {
      run.current?.controller.abort();
      transport.current?.close();
      run.current?.listener?.stop();
      run.current = null;
    },
    [],
  );

  return { ...state, start, stop };
}
