import { afterEach, expect, it, vi } from 'vitest';
import { messages as english } from '@/locales/en/messages';
import { messages as german } from '@/locales/de/messages';
import { emotionName, preferredLocale, showLocale } from './i18n';

afterEach(() => showLocale('en'));

function placeholders(message: unknown): string[] {
  if (!Array.isArray(message)) return [];
  return message.flatMap((part: unknown) =>
    Array.isArray(part) && typeof part[0] === 'string' ? [part[0]] : [],
  );
}

it('has each message in each language, with the same placeholders', () => {
  expect(Object.keys(german).sort()).toEqual(Object.keys(english).sort());
  for (const [id, message] of Object.entries(english)) {
    const other = german[id as keyof typeof german];
    expect(new Set(placeholders(other)), id).toEqual(new Set(placeholders(message)));
    expect(other, id).not.toBe('');
  }
});

it('names emotions in the chosen language, and leaves unknown labels', async () => {
  expect(emotionName('Happy')).toBe('Happy');
  await showLocale('de');
  expect(emotionName('Happy')).toBe('Fröhlich');
  expect(emotionName('Melancholic')).toBe('Melancholic');
  expect(document.documentElement.lang).toBe('de');
});

it.each([
  [['de-AT', 'en'], 'de'],
  [['fr', 'de'], 'de'],
  [['en-GB', 'de'], 'en'],
  [['fr'], 'en'],
])('follows the languages of the browser: %s', (languages, expected) => {
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(languages);
  expect(preferredLocale()).toBe(expected);
});
