import Ear from '~icons/lucide/ear';
import Hourglass from '~icons/lucide/hourglass';
import MessageCircle from '~icons/lucide/message-circle';
import Plug from '~icons/lucide/plug';
import ThumbsUp from '~icons/lucide/thumbs-up';
import TriangleAlert from '~icons/lucide/triangle-alert';
import { t, type MessageId } from '@/lib/i18n';
import type { Icon, NoticeContent } from '@/lib/notice';
import { askingNotice, silentNotice } from '@/lib/microphone/microphoneNotices';
import type { Problem } from '@/lib/problem';
import type { ListeningPhase } from '../hooks/useListening';
import type { LiveMode, ServerState } from './transport';

export interface LiveNoticeInput {
  phase: ListeningPhase;
  mode: LiveMode;
  server: ServerState;
  problem: Problem | null;
  /** Why it is not known which models there are. */
  modelsProblem: Problem | null;
  isSilent: boolean;
}

function ofDownServer({ problem, retryInS }: Extract<ServerState, { kind: 'down' }>) {
  const detail = t('live.nextTry', { seconds: retryInS });
  return { tone: 'problem', icon: Plug, title: problem.title, detail } as const;
}

function info(icon: Icon, title: MessageId, detail: MessageId): NoticeContent {
  return { tone: 'info', icon, title: t(title), detail: t(detail) };
}

/** The most important message of the current state; problems come first. */
export function liveNotice({
  phase,
  mode,
  server,
  problem,
  modelsProblem,
  isSilent,
}: LiveNoticeInput): NoticeContent {
  if (server.kind === 'down') return ofDownServer(server);
  if (problem) {
    return { tone: 'problem', icon: TriangleAlert, title: problem.title, detail: problem.remedy };
  }
  if (modelsProblem) {
    const detail = t('models.failedHint', { problem: modelsProblem.title });
    return { tone: 'problem', icon: Plug, title: t('models.failed'), detail };
  }
  if (phase === 'idle') return info(MessageCircle, 'live.ready', 'live.readyHint');
  if (phase === 'asking') return askingNotice();
  if (isSilent) return silentNotice();
  if (server.kind === 'back') return info(ThumbsUp, 'live.back', 'live.backHint');
  if (server.kind === 'slow') {
    return { tone: 'problem', icon: Hourglass, title: t('live.slow'), detail: t('live.slowHint') };
  }
  return info(Ear, 'live.listening', mode === 'stream' ? 'live.streamHint' : 'live.chunksHint');
}
