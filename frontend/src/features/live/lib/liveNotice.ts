import Ear from '~icons/lucide/ear';
import MessageCircle from '~icons/lucide/message-circle';
import Plug from '~icons/lucide/plug';
import ThumbsUp from '~icons/lucide/thumbs-up';
import TriangleAlert from '~icons/lucide/triangle-alert';
import type { NoticeContent } from '@/lib/notice';
import { askingNotice, silentNotice } from '@/lib/microphone/microphoneNotices';
import type { Problem } from '@/lib/problem';
import type { ListeningPhase } from '../hooks/useListening';
import type { LiveMode } from './liveMode';
import type { ServerState } from './transport';

export interface LiveNoticeInput {
  phase: ListeningPhase;
  mode: LiveMode;
  server: ServerState;
  problem: Problem | null;
  isSilent: boolean;
}

function ofDownServer({ problem, retryInS }: Extract<ServerState, { kind: 'down' }>) {
  const detail = `Recording goes on. Next try in ${retryInS} s.`;
  return { tone: 'problem', icon: Plug, title: problem.title, detail } as const;
}

const idleNotice: NoticeContent = {
  tone: 'info',
  icon: MessageCircle,
  title: 'Ready',
  detail: 'Start listening and say a sentence.',
};

const backNotice: NoticeContent = {
  tone: 'info',
  icon: ThumbsUp,
  title: 'The server is back',
  detail: 'Results arrive again.',
};

const listeningDetails: Record<LiveMode, string> = {
  chunks: 'A result every 3 seconds.',
  stream: 'Streaming: two results per second while you speak.',
};

function listeningNotice(mode: LiveMode): NoticeContent {
  return { tone: 'info', icon: Ear, title: 'Listening', detail: listeningDetails[mode] };
}

/** The most important message of the current state; problems come first. */
export function liveNotice({
  phase,
  mode,
  server,
  problem,
  isSilent,
}: LiveNoticeInput): NoticeContent {
  if (server.kind === 'down') return ofDownServer(server);
  if (problem) {
    return { tone: 'problem', icon: TriangleAlert, title: problem.title, detail: problem.remedy };
  }
  if (phase === 'idle') return idleNotice;
  if (phase === 'asking') return askingNotice;
  if (isSilent) return silentNotice;
  return server.kind === 'back' ? backNotice : listeningNotice(mode);
}
