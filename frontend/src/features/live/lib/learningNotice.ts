import { LEARNING_MS, type LearningState } from '../hooks/useBaselineLearning';
import { formatSpeech } from './baselineLevel';
import { askingNotice, silentNotice, type LiveNoticeContent } from './liveNotice';

function info(emoji: string, title: string, detail: string): LiveNoticeContent {
  return { tone: 'info', emoji, title, detail };
}

interface LearningNoticeInput {
  state: LearningState;
  isListening: boolean;
  isSilent: boolean;
}

/** The message of the dialog in each phase. */
export function learningNotice(input: LearningNoticeInput): LiveNoticeContent {
  const { state, isListening, isSilent } = input;
  switch (state.phase) {
    case 'ready':
      return info(
        '📖',
        `Read this aloud for ${LEARNING_MS / 1000} seconds`,
        'Use your normal voice. You can say anything else, in any language.' +
          (isListening ? ' Listening stops meanwhile.' : ''),
      );
    case 'asking':
      return askingNotice;
    case 'recording':
      return isSilent
        ? silentNotice
        : info('👂', 'Keep reading until the ring is full', 'At the end, start again from the top.');
    case 'sending':
      return info('⏳', 'Learning your voice', 'The server computes its statistics.');
    case 'done':
      return info(
        '👍',
        `Your voice is learned: ${formatSpeech(state.voice.speechS)} of speech`,
        'From now on, features are normalised with it.',
      );
    case 'failed':
      return {
        tone: 'problem',
        emoji: '⚠️',
        title: state.problem.title,
        detail: state.problem.remedy,
      };
  }
}
