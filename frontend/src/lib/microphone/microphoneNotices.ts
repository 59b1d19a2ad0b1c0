import Mic from '~icons/lucide/mic';
import MicOff from '~icons/lucide/mic-off';
import type { NoticeContent } from '@/lib/notice';

export const askingNotice: NoticeContent = {
  tone: 'info',
  icon: Mic,
  title: 'Waiting for the microphone',
  detail: 'Allow it when the browser asks.',
};

export const silentNotice: NoticeContent = {
  tone: 'problem',
  icon: MicOff,
  title: 'The microphone is silent',
  detail: 'It may be muted, switched off, or the wrong one.',
};
