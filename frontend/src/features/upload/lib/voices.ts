import type { AnalyzeOptions } from '@/lib/apiService';
import { t } from '@/lib/i18n';
import type { Voice } from '@/lib/timelineSchemas';

/** How many voices are told apart, and by what. */
export const voiceChoices = ['one', 'two', 'channels'] as const;

export type VoiceChoice = (typeof voiceChoices)[number];

/** What the server is asked for. */
export function voicesAsked(choice: VoiceChoice): AnalyzeOptions['voices'] {
  switch (choice) {
    case 'one':
      return undefined;
    case 'two':
      return { speakers: '2' };
    case 'channels':
      return { channels: 'split' };
  }
}

/** What a voice is called: by its channel where it has one of its own. */
export function voiceName({ id, channel }: Voice): string {
  if (channel === 1) return t('upload.voiceLeft');
  if (channel === 2) return t('upload.voiceRight');
  return t('upload.voiceNumber', { number: id });
}

/** The name where there is little room. */
export function voiceMark({ id, channel }: Voice): string {
  if (channel === 1) return t('upload.leftMark');
  if (channel === 2) return t('upload.rightMark');
  return String(id);
}
