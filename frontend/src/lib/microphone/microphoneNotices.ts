import Mic from '~icons/lucide/mic';
import MicOff from '~icons/lucide/mic-off';
import { t } from '@/lib/i18n';
import type { NoticeContent } from '@/lib/notice';

export function askingNotice(): NoticeContent {
  return { tone: 'info', icon: Mic, title: t('voice.waiting'), detail: t('voice.waitingHint') };
}

export function silentNotice(): NoticeContent {
  return { tone: 'problem', icon: MicOff, title: t('voice.silent'), detail: t('voice.silentHint') };
}
