import { LEARNING_MS, type LearningState } from '../hooks/useVoiceLearning';
import { formatSpeech } from './acquaintance';
import { askingNotice, silentNotice, type LiveNoticeContent } from './liveNotice';

function calm(emoji: string, title: string, detail: string): LiveNoticeContent {
  return { tone: 'calm', emoji, title, detail };
}

interface LearningNoticeInput {
  state: LearningState;
  isListening: boolean;
  isSilent: boolean;
}

/** What to do, or what has happened, in a few words. */
export function learningNotice(input: LearningNoticeInput): LiveNoticeContent {
  const { state, isListening, isSilent } = input;
  switch (state.phase) {
    case 'ready':
      return calm(
        '📖',
        `Read this aloud for ${LEARNING_MS / 1000} seconds`,
        'In your ordinary voice, without acting. Any other words do as well, in any language.' +
          (isListening ? ' Listening stops for it.' : ''),
      );
    case 'asking':
      return askingNotice;
    case 'recording':
      return isSilent
        ? silentNotice
        : calm('👂', 'Read on until the ring is full', 'At the end, begin again from the top.');
    case 'sending':
      return calm('⏳', 'Learning your voice', 'A moment, please.');
    case 'done':
      return calm(
        '👍',
        `Your voice is learned: ${formatSpeech(state.voice.speechS)} of speech`,
        'From now on, emotions are heard against it.',
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
