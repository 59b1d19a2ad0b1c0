import { setupI18n, type Messages } from '@lingui/core';
import { useSyncExternalStore } from 'react';
import * as z from 'zod/mini';
import { messages as english } from '@/locales/en/messages';
import { readStored, writeStored } from './storage';

export const locales = ['en', 'de'] as const;
export type Locale = (typeof locales)[number];
export type MessageId = keyof typeof english;

const LOCALE_KEY = 'ser.locale';

const i18n = setupI18n({ locale: 'en', messages: { en: english } });

/** The words of an identifier in the chosen language; `values` fill the placeholders of the message. */
export function t(id: MessageId, values?: Record<string, string | number>): string {
  return i18n._(id, values);
}

function isMessage(id: string): id is MessageId {
  return Object.hasOwn(english, id);
}

/** The words of an identifier that may be unknown, as a code of the server's is. */
export function translated(id: string): string | undefined {
  return isMessage(id) ? t(id) : undefined;
}

/** The name of an emotion in the chosen language; a label that is not known here stays as it is. */
export function emotionName(emotion: string): string {
  return translated(`emotion.${emotion.toLowerCase()}`) ?? emotion;
}

/** The language to format numbers and times in. */
export function locale(): Locale {
  return i18n.locale === 'de' ? 'de' : 'en';
}

/** The language chosen before; else the first one of the browser's that the page knows. */
export function preferredLocale(): Locale {
  const stored = readStored(LOCALE_KEY, z.enum(locales));
  if (stored) return stored;
  const wanted = navigator.languages.map((each) => each.slice(0, 2).toLowerCase());
  return wanted.flatMap((each) => locales.filter((own) => own === each))[0] ?? 'en';
}

/** Shows the page in a language; rejects where its words cannot be loaded. */
export async function showLocale(next: Locale): Promise<void> {
  if (next === 'de') {
    const german = await import('@/locales/de/messages');
    i18n.load('de', german.messages satisfies Messages);
  }
  i18n.activate(next);
  document.documentElement.lang = next;
  document.title = t('shell.pageTitle');
}

export async function chooseLocale(next: Locale): Promise<void> {
  await showLocale(next);
  writeStored(LOCALE_KEY, next);
}

function subscribe(onChange: () => void) {
  return i18n.on('change', onChange);
}

/** The language shown; renders again when it changes. */
export function useLocale(): Locale {
  return useSyncExternalStore(subscribe, locale);
}
