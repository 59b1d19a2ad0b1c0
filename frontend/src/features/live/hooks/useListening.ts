import { useCallback, useEffect, useRef, useState } from 'react';
import type { Model, Prediction } from '../../../lib/apiSchemas';
import type { Problem } from '../../../lib/problem';
import type { VoiceStore } from '../../../lib/voiceStore';
import { createChunkTransport } from '../lib/chunkTransport';
import type { LevelMonitor } from '../lib/levelMonitor';
import { startListener, type Listener } from '../lib/listener';
import { canStream, type LiveMode } from '../lib/liveMode';
import { toRecordingProblem } from '../lib/recordingProblems';
import { StreamTransport, type Moment } from '../lib/streamTransport';
import { toSpokenProblem } from '../lib/toSpokenProblem';
import type { HeardSpan, ServerState, Transport } from '../lib/transport';

export type ListeningPhase = 'idle' | 'asking' | 'listening';

export interface ListeningOptions {
  model: Model | undefined;
  voices: VoiceStore;
  /** Until the models are known, the server would answer with one that nobody chose. */
  isModelPending: boolean;
  voiceProcessing: boolean;
  /** How to listen from the next start on, where that can be done. */
  mode: LiveMode;
  onStarted: () => void;
  onStopped: () => void;
  /** `null` when there was no speech in the chunk. */
  onHeard: (span: HeardSpan, prediction: Prediction | null) => void;
  onSkipped: () => void;
}

interface ListeningState {
  phase: ListeningPhase;
  /** How it listens; while it does not, how it did last. */
  mode: LiveMode;
  /** It was to stream, and cannot. */
  cannotStream: boolean;
  monitor: LevelMonitor | null;
  server: ServerState;
  /** Why the microphone is not open, or why the last chunk was refused. */
  problem: Problem | null;
  /** `null` unless it streams. */
  moment: Moment | null;
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
  moment: null,
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
      // What arrives after the end is still heard, but says nothing about the state any more.
      const changeIfRunning = (part: Partial<ListeningState>) => {
        if (run.current?.transport === created) change(part);
      };
      const asked = () => latest.current;
      const events = {
        onHeard: (span: HeardSpan, prediction: Prediction | null) => {
          changeIfRunning({ server: { kind: 'up' }, problem: null });
          latest.current.onHeard(span, prediction);
        },
        onRefused: (problem: Problem) => {
          changeIfRunning({ server: { kind: 'up' }, problem: toSpokenProblem(problem) });
        },
        onSkipped: () => {
          latest.current.onSkipped();
        },
        onServer: (server: ServerState) => {
          changeIfRunning(server.kind === 'up' ? { server, problem: null } : { server });
        },
        onMoment: (moment: Moment) => {
          changeIfRunning({ moment });
        },
        onUnusable: () => {
          if (run.current?.transport === created) onUnusable();
        },
      };
      const created: Transport =
        mode === 'stream'
          ? new StreamTransport(asked, events)
          : createChunkTransport(asked, events);
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
      const { phase, monitor, server, moment } = initialState;
      change({ phase, monitor, server, moment, problem });
      if (!ending.listener) return;
      ending.listener.stop();
      latest.current.onStopped();
    },
    [change],
  );

  const beginAgain = useRef<(mode: LiveMode, cannotStream: boolean) => void>(() => undefined);
  const begin = useCallback(
    (mode: LiveMode, cannotStream: boolean) => {
      // An answer to the last run may still be on its way; two requests never are.
      transport.current?.close();
      const created = createTransport(mode, () => {
        end(null);
        beginAgain.current('chunks', true);
      });
      transport.current = created;
      const starting: Run = { controller: new AbortController(), transport: created };
      run.current = starting;
      change({ ...initialState, phase: 'asking', mode, cannotStream });

      const fail = (error: unknown) => {
        if (run.current === starting) end(toRecordingProblem(error));
      };
      startListener({
        voiceProcessing: latest.current.voiceProcessing,
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
    beginAgain.current = begin;
  }, [begin]);

  const start = useCallback(() => {
    if (run.current) return;
    const cannotStream = latest.current.mode === 'stream' && !canStream();
    begin(cannotStream ? 'chunks' : latest.current.mode, cannotStream);
  }, [begin]);

  const stop = useCallback(() => {
    end(null);
  }, [end]);

  const { isModelPending, model } = options;
  useEffect(() => {
    run.current?.transport.follow();
  }, [isModelPending, model]);

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
