/** Under a `<Compare>`: how often each line ran, and which scenarios ran it, fetched when asked for. */

import { LANGS, LANGUAGES, type Lang } from '../lib/languages.ts';
import type { FileCoverage } from '../lib/line-coverage.ts';

/** Fills what a reader has opened. */
export async function fill(details: HTMLDetailsElement): Promise<void> {
  const compare = details.closest('.compare');
  const source = details.querySelector('a');
  if (!compare || !source) return;
  const { scenarios, regions }: FileCoverage = await (await fetch(source.href)).json();
  const region = regions[compare.id.split('-').slice(2).join('-')];
  if (!region) return;
  for (const lang of LANGS) {
    const lines = compare.querySelectorAll<HTMLElement>(`pre.${lang} code > span`);
    for (const [i, line] of lines.entries()) {
      const hits = region[lang].hits[i];
      if (hits !== null) line.dataset.hits = String(hits);
    }
  }
  const list = document.createElement('ul');
  list.className = 'scenarios';
  for (const [i, name] of scenarios.entries()) {
    const by = LANGS.filter((lang) => region[lang].by.includes(i));
    if (by.length) list.append(entry(name, by));
  }
  details.append(list);
}

/** A scenario; with the languages, where it did not run this code in all of them. */
function entry(name: string, by: Lang[]): HTMLLIElement {
  const item = document.createElement('li');
  item.textContent = name;
  if (by.length < LANGS.length) {
    const some = document.createElement('small');
    some.textContent = by.map((lang) => LANGUAGES[lang].label).join(', ');
    item.append(some);
  }
  return item;
}
