import whole from 'bootstrap/dist/css/bootstrap.css?raw';
import { expect, it } from 'vitest';
import ours from './bootstrap.scss?inline';

const sources = import.meta.glob<string>(['../**/*.tsx', '!../**/*.test.tsx'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

function classesOf(css: string): Set<string> {
  return new Set([...css.matchAll(/\.(-?[a-z][\w-]*)/gi)].map(([, name = '']) => name));
}

/** Where classes are given: `className="a b"`, and what stands in the quotes of `className={…}`. */
const CLASS_NAMES = /className=(?:"([^"]*)"|\{([^\n]*))/g;

function wordsOf(source: string): string[] {
  return [...source.matchAll(CLASS_NAMES)].flatMap(([, plain, code]) => {
    const texts = plain ?? [...(code ?? '').matchAll(/["'`]([^"'`]*)/g)].map(([, text]) => text).join(' ');
    return texts.split(/[^\w-]+/);
  });
}

it('holds each class of Bootstrap that the page uses', () => {
  const [known, kept] = [classesOf(whole), classesOf(ours)];
  const used = new Set(Object.values(sources).flatMap(wordsOf).filter((word) => known.has(word)));
  expect(used).toContain('btn');
  expect([...used].filter((name) => !kept.has(name))).toEqual([]);
});
