import type { Problem } from '../../../lib/problem';
import type { ListeningPhase } from '../hooks/useListening';
import type { LiveMode } from './liveMode';
import type { ServerState } from './transport';

export interface LiveNoticeContent {
  tone: 'calm' | 'problem';
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
  const detail = `Listening goes on. Next try in ${retryInS} s.`;
  return { tone: 'problem', emoji: '🔌', title: problem.title, detail } as const;
}

const idleNotice: LiveNoticeContent = {
  tone: 'calm',
  emoji: '💬',
  title: 'Ready when you are',
  detail: 'Say a sentence the way you feel it.',
};

export const askingNotice: LiveNoticeContent = {
  tone: 'calm',
  emoji: '🎙️',
  title: 'Waiting for the microphone',
  detail: 'Allow it when the browser asks.',
};

export const silentNotice: LiveNoticeContent = {
  tone: 'problem',
  emoji: '🔇',
  title: 'We hear nothing from the microphone',
  detail: 'It may be muted, switched off, or not the one you speak into.',
};

const backNotice: LiveNoticeContent = {
  tone: 'calm',
  emoji: '👍',
  title: 'The server is back',
  detail: 'Listening has gone on all the while.',
};

const listeningDetails: Record<LiveMode, string> = {
  chunks: 'In pieces of 3 seconds, each with an estimate.',
  stream: 'Streaming: while you speak, a new estimate twice a second.',
};

function listeningNotice(mode: LiveMode): LiveNoticeContent {
  return { tone: 'calm', emoji: '👂', title: 'Listening', detail: listeningDetails[mode] };
}

/** The one thing worth saying now; what needs something done comes first. */
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
