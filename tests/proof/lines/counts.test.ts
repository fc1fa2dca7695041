/** Which lines are code, and when one is proven. */
import { describe, expect, test } from 'vitest';
import type { Shown } from '../lines.ts';
import { unproven } from '../lines.ts';
import { Counts, codeIn, type Part } from './counts.ts';

const lines = (text: string, ...groups: Part[][]) => {
  const counts = new Counts(text);
  groups.forEach((parts, i) => {
    counts.add(`scenario ${i + 1}`, parts);
  });
  return counts.lines();
};
const part = (text: string, words: string, count: number): Part => {
  const start = text.indexOf(words);
  return { start, end: start + words.length, count };
};
const all = (text: string, count: number): Part => ({ start: 0, end: text.length, count });

describe('a line', () => {
  test('without code is not counted: blank, comment, brackets', () => {
    const text = 'a()\n\n// why\n}\n);\n/* b */\n';
    expect([...lines(text, [all(text, 1)]).hits]).toEqual([[1, 1]]);
  });

  test('that no counter knows is not counted', () => {
    const text = 'one\ntwo\n';
    expect([...lines(text, [part(text, 'one', 3)]).hits]).toEqual([[1, 3]]);
  });

  test('counts as its least executed code', () => {
    const text = 'if (a) throw b;';
    expect(lines(text, [all(text, 5), part(text, 'throw b', 0)]).hits.get(1)).toBe(0);
  });

  test('is proven by several scenarios together', () => {
    const text = 'a ? b : c';
    const { hits, groups } = lines(
      text,
      [all(text, 1), part(text, 'b', 0)],
      [all(text, 1), part(text, 'c', 0)],
    );
    expect(hits.get(1)).toBe(1);
    expect([...(groups.get(1) ?? [])]).toEqual(['scenario 1', 'scenario 2']);
  });

  test('of a scenario that executed none of it does not name that scenario', () => {
    const text = 'one\ntwo\n';
    const { groups } = lines(text, [part(text, 'one', 1), part(text, 'two', 0)]);
    expect([...groups.keys()]).toEqual([1]);
  });
});

test('what is code: not the space around it, and what is in a text', () => {
  const text = 'x := "// no comment" // a comment';
  const code = codeIn(text);
  expect([...text].filter((_, at) => code[at]).join('')).toBe('x:="// no comment"');
});

test('a line that is shown and was not executed is named with its pages', () => {
  const shown = { file: 'examples/ts/a.ts', lines: [1, 2], pages: ['content/docs/a.mdx'] } as Shown;
  const found = new Map([
    ['examples/ts/a.ts', lines('one\ntwo\n', [part('one\ntwo\n', 'one', 1), part('one\ntwo\n', 'two', 0)])],
  ]);
  expect(unproven([shown], found)).toEqual([
    'examples/ts/a.ts:2 is shown by content/docs/a.mdx, and no scenario executes it',
  ]);
});

test('a file that is shown and of which nothing was counted is named', () => {
  const shown = { file: 'examples/ts/a.ts', lines: [1], pages: ['content/docs/a.mdx'] } as Shown;
  const nothing = ['examples/ts/a.ts is shown, and no worker counted anything of it'];
  expect(unproven([shown], new Map())).toEqual(nothing);
  expect(unproven([shown, shown], new Map([[shown.file, lines('one\n')]]))).toEqual(nothing);
});
