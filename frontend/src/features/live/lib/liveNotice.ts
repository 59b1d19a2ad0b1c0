import type { Problem } from '../../../lib/problem';
import type { ListeningPhase } from '../hooks/useListening';
import type { LiveMode } from './liveMode';
import type { ServerState } from './transport';

export interface LiveNoticeContent {
  tone: 'info' | 'problem';
  emoji: string;
  title: string;
  detail: string;
}

export interface LiveNoticeInput {
  phase: ListeningPhase;
  mode: LiveMode;
  server: ServerState;
  problem: Problem | null;
  isSilent: boolean;
}

function ofDownServer({ problem, retryInS }: Extract<ServerState, { kind: 'down' }>) {
  const detail = `Recording goes on. Next try in ${retryInS} s.`;
  return { tone: 'problem', emoji: '🔌', title: problem.title, detail } as const;
}

const idleNotice: LiveNoticeContent = {
  tone: 'info',
  emoji: '💬',
  title: 'Ready',
  detail: 'Start listening and say a sentence.',
};

export const askingNotice: LiveNoticeContent = {
  tone: 'info',
  emoji: '🎙️',
  title: 'Waiting for the microphone',
  detail: 'Allow it when the browser asks.',
};

export const silentNotice: LiveNoticeContent = {
  tone: 'problem',
  emoji: '🔇',
  title: 'The microphone is silent',
  detail: 'It may be muted, switched off, or the wrong one.',
};

const backNotice: LiveNoticeContent = {
  tone: 'info',
  emoji: '👍',
  title: 'The server is back',
  detail: 'Results arrive again.',
};

const listeningDetails: Record<LiveMode, string> = {
  chunks: 'A result every 3 seconds.',
  stream: 'Streaming: two results per second while you speak.',
};

function listeningNotice(mode: LiveMode): LiveNoticeContent {
  return { tone: 'info', emoji: '👂', title: 'Listening', detail: listeningDetails[mode] };
}

/** The most important message of the current state; problems come first. */
export function liveNotice({
  phase,
  mode,
  server,
  problem,
  isSilent,
}: LiveNoticeInput): LiveNoticeContent {
  if (server.kind === 'down') return ofDownServer(server);
  if (problem) {
    return { tone: 'problem', emoji: '⚠️', title: problem.title, detail: problem.remedy };
  }
  if (phase === 'idle') return idleNotice;
  if (phase === 'asking') return askingNotice;
  if (isSilent) return silentNotice;
  return server.kind === 'back' ? backNotice : listeningNotice(mode);
}
