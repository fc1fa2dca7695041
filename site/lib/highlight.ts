/**
 * Highlights code at build time, in few bytes: a token is there only where its colour is not that of
 * the text, its ink is an element of one letter, and a line is a `<span>` that knows its indentation.
 * Code of pages (`markdown.shikiConfig`) and code cut from files take the same way.
 */
import { join } from 'node:path';
import { type BundledLanguage, createHighlighter, hastToHtml, type ShikiTransformer } from 'shiki';
import { codeTheme, inkOf } from './code-theme.ts';
import { memoByMtime } from './memo-by-mtime.ts';
import type { Region } from './regions.ts';

type Element = Parameters<NonNullable<ShikiTransformer['line']>>[0];
type Node = Element['children'][number];

/** The deepest indentation that a wrapped line keeps; classes `l1`, `l2`, … of styles/code.css. */
const DEEPEST = 12;

/** Makes Shiki's tree lean. */
export const lean: ShikiTransformer = {
  name: 'lean',
  tokens: (lines) => lines.map(joined),
  line(line) {
    line.properties = levelOf(textOf(line));
    line.children = line.children.map(bare);
  },
  code(code) {
    // The line's end belongs to the line: lines are blocks, and text copied from them has its ends.
    const lines = code.children.filter((child): child is Element => child.type === 'element');
    for (const line of lines) line.children.push({ type: 'text', value: '\n' });
    code.children = lines;
  },
  pre(pre) {
    pre.properties = {};
  },
  root(root) {
    const title = /\btitle="([^"]*)"/.exec(this.options.meta?.__raw ?? '')?.[1];
    const caption: Node[] = title ? [element('figcaption', {}, [{ type: 'text', value: title }])] : [];
    root.children = [
      element('figure', { class: `code not-content ${this.options.lang}` }, [
        ...caption,
        ...(root.children as Node[]),
      ]),
    ];
  },
};

/** For `markdown.shikiConfig`. */
export const shikiConfig = { theme: codeTheme, transformers: [lean] };

const LANGUAGES: BundledLanguage[] = ['ts', 'go', 'rust', 'bash', 'json', 'yaml', 'toml', 'sql', 'diff'];
let highlighter: ReturnType<typeof createHighlighter> | undefined;

async function tree(code: string, lang: string) {
  highlighter ??= createHighlighter({ themes: [codeTheme], langs: LANGUAGES });
  const { codeToHast } = await highlighter;
  const [figure] = codeToHast(code, { lang, theme: codeTheme.name, transformers: [lean] }).children;
  return figure as Element;
}

async function linesOf(code: string, lang: string): Promise<Element[]> {
  const [pre] = (await tree(code, lang)).children as Element[];
  const [lines] = (pre?.children ?? []) as Element[];
  return (lines?.children ?? []) as Element[];
}

/** Each line of the code as HTML, to be put into `<pre><code>`. */
export async function highlightLines(code: string, lang: string): Promise<string[]> {
  return (await linesOf(code, lang)).map((line) => hastToHtml(line));
}

/** Each line of a file as HTML. */
export async function highlightFile(path: string, lang: string, root = process.cwd()): Promise<string[]> {
  return (await fileLines(path, lang, root)).map((line) => hastToHtml(line));
}

/** Each line of a region as HTML, without the indentation that all of them have. */
export async function highlightRegion(region: Region, lang: string, root = process.cwd()): Promise<string[]> {
  const all = await fileLines(region.file, lang, root);
  const shown = region.code.split('\n');
  return region.lines.map((at, i) => {
    const line = all[at - 1];
    if (!line) throw new Error(`${region.file}:${at}: not a line of the file`);
    const indent = textOf(line).length - 1 - (shown[i] ?? '').length;
    return hastToHtml(indent > 0 ? outdented(line, indent) : line);
  });
}

/** A file is highlighted once, as a whole: a page shows parts of it, and the page of the file all of it. */
function fileLines(path: string, lang: string, root: string): Promise<Element[]> {
  return memoByMtime('lines', join(root, path), (text) =>
    linesOf(text.trimEnd().replaceAll('\r\n', '\n'), lang),
  );
}

/** The line without so many characters of its indentation. */
function outdented(line: Element, indent: number): Element {
  const [first, ...rest] = line.children;
  const text = first && textOf(first).slice(indent);
  const children = text ? [{ type: 'text' as const, value: text }, ...rest] : rest;
  return element('span', levelOf(textOf(line).slice(indent)), children);
}

/** A line's tokens: space belongs to what comes before it, and neighbours of one colour are one. */
function joined<Token extends { content: string; color?: string }>(line: Token[]): Token[] {
  const out: Token[] = [];
  for (const token of line) {
    const content = token.content.trimStart();
    const space = token.content.slice(0, token.content.length - content.length);
    const last = out.at(-1);
    if (last) last.content += space;
    else if (space) out.push({ ...token, content: space, color: undefined });
    if (!content) continue;
    const before = out.at(-1);
    if (before && inkOf(before.color) === inkOf(token.color)) before.content += content;
    else out.push({ ...token, content });
  }
  return out;
}

/** A token as an element when it has a colour of its own, as text when it has not. */
function bare(node: Node): Node {
  if (node.type !== 'element') return node;
  const ink = inkOf(/color:(#\w+)/.exec(String(node.properties.style ?? ''))?.[1]);
  const value = textOf(node);
  return ink ? element(ink, {}, [{ type: 'text', value }]) : { type: 'text', value };
}

/** How deep a line is indented. */
function levelOf(line: string): Element['properties'] {
  const level = Math.min(DEEPEST, Math.floor(width(/^[ \t]*/.exec(line)?.[0] ?? '') / 2));
  return level ? { class: `l${level}` } : {};
}

function element(tagName: string, properties: Element['properties'], children: Node[]): Element {
  return { type: 'element', tagName, properties, children } as Element;
}

function textOf(node: Node): string {
  if (node.type === 'text') return node.value;
  return 'children' in node ? node.children.map((child) => textOf(child as Node)).join('') : '';
}

/** A tab counts two columns. */
function width(indent: string): number {
  return indent.replaceAll('\t', '  ').length;
}
