import BookOpen from '~icons/lucide/book-open';
import Ear from '~icons/lucide/ear';
import Hourglass from '~icons/lucide/hourglass';
import ThumbsUp from '~icons/lucide/thumbs-up';
import TriangleAlert from '~icons/lucide/triangle-alert';
import { LEARNING_MS, type LearningState } from '../hooks/useBaselineLearning';
import { formatSpeech } from './baselineLevel';
import { t } from '@/lib/i18n';
import { askingNotice, silentNotice } from '@/lib/microphone/microphoneNotices';
import type { Icon, NoticeContent } from '@/lib/notice';

function info(icon: Icon, title: string, detail: string): NoticeContent {
  return { tone: 'info', icon, title, detail };
}

interface LearningNoticeInput {
  state: LearningState;
  isListening: boolean;
  isSilent: boolean;
}

/** The message of the dialog in each phase. */
export function learningNotice(input: LearningNoticeInput): NoticeContent {
  const { state, isListening, isSilent } = input;
  switch (state.phase) {
    case 'ready':
      return info(
        BookOpen,
        t('voice.readAloud', { seconds: LEARNING_MS / 1000 }),
        t(isListening ? 'voice.readHowListening' : 'voice.readHow'),
      );
    case 'asking':
      return askingNotice();
    case 'recording':
      return isSilent
        ? silentNotice()
        : info(Ear, t('voice.keepReading'), t('voice.keepReadingHint'));
    case 'sending':
      return info(Hourglass, t('voice.computing'), t('voice.computingHint'));
    case 'done':
      return info(
        ThumbsUp,
        t('voice.learned', { speech: formatSpeech(state.voice.speechS) }),
        t('voice.learnedHint'),
      );
    case 'failed':
      return {
        tone: 'problem',
        icon: TriangleAlert,
        title: state.problem.title,
        detail: state.problem.remedy,
      };
  }
}
