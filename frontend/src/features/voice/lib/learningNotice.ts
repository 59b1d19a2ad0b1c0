import BookOpen from '~icons/lucide/book-open';
import Ear from '~icons/lucide/ear';
import Hourglass from '~icons/lucide/hourglass';
import ThumbsUp from '~icons/lucide/thumbs-up';
import TriangleAlert from '~icons/lucide/triangle-alert';
import { LEARNING_MS, type LearningState } from '../hooks/useBaselineLearning';
import { formatSpeech } from './baselineLevel';
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
        `Read this aloud for ${LEARNING_MS / 1000} seconds`,
        'Use your normal voice. You can say anything else, in any language.' +
          (isListening ? ' Listening stops meanwhile.' : ''),
      );
    case 'asking':
      return askingNotice;
    case 'recording':
      return isSilent
        ? silentNotice
        : info(Ear, 'Keep reading until the ring is full', 'At the end, start again from the top.');
    case 'sending':
      return info(Hourglass, 'Learning your voice', 'The server computes its statistics.');
    case 'done':
      return info(
        ThumbsUp,
        `Your voice is learned: ${formatSpeech(state.voice.speechS)} of speech`,
        'From now on, features are normalised with it.',
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
