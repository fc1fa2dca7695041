/** Every link leads somewhere, and every anchor is there. */
import { describe, expect, test } from 'vitest';
import { measured } from './budgets.ts';
import { BASE, builtPages, DIST } from './built-site.ts';
import { brokenLinks } from './links.ts';

const page = (path: string, html: string) => ({ path, html, kind: 'page' as const });

describe('links', () => {
  test('of all pages lead somewhere', () => {
    const pages = builtPages();
    expect(pages.length).toBeGreaterThan(10);
    const broken = brokenLinks(pages, DIST, BASE);
    measured('links', { pages: pages.length, broken: broken.length });
    expect(broken).toEqual([]);
  });

  test('that lead nowhere are found', () => {
    const pages = [
      page('/a/', '<a href="../b/#there">b</a><a href="/b/#gone">b</a><a href="/c/">c</a><img src="d.png">'),
      page('/b/', '<h2 id="there">There</h2><a href="https://temporal.io/x">outside</a>'),
    ];
    expect(brokenLinks(pages, 'no-such-folder')).toEqual([
      '/a/: /b/#gone has no such anchor',
      '/a/: /c/ does not exist',
      '/a/: d.png does not exist',
    ]);
    expect(brokenLinks(pages, 'no-such-folder', '/base/')).toContain('/a/: /c/ is outside of /base/');
  });
});
