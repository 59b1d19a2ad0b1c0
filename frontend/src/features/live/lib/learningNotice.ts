import type { LearningState } from '../hooks/useVoiceLearning';
import { formatSpeech } from './acquaintance';
import type { LiveNoticeContent } from './liveNotice';

const calm = (emoji: string, title: string, detail: string): LiveNoticeContent => ({
  tone: 'calm',
  emoji,
  title,
  detail,
});

/** What to do, or what has happened, in a few words. */
export function learningNotice(state: LearningState, isSilent: boolean): LiveNoticeContent {
  switch (state.phase) {
    case 'ready':
      return calm(
        '📖',
        'Read this aloud for 10 seconds',
        'In your ordinary voice, without acting. Any other words do as well, in any language.',
      );
    case 'asking':
      return calm('🎙️', 'Waiting for the microphone', 'Allow it when the browser asks.');
    case 'recording':
      return isSilent
        ? {
            tone: 'problem',
            emoji: '🔇',
            title: 'We hear nothing from the microphone',
            detail: 'It may be muted, switched off, or not the one you speak into.',
          }
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
