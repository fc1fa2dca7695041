/**
 * A page as Markdown, made from the page itself: so it has what the components show. A
 * `<Compare>` becomes a fence of code for each language, with the titles of its steps as comments.
 */
import type { Element, ElementContent, Root } from 'hast';
import rehypeParse from 'rehype-parse';
import rehypeRemark, { type Options } from 'rehype-remark';
import remarkGfm from 'remark-gfm';
import remarkStringify from 'remark-stringify';
import { unified } from 'unified';
import { LANGS, LANGUAGES } from './languages.ts';

type Handle = NonNullable<NonNullable<Options['handlers']>[string]>;

/** What is for eyes and hands only. */
const DROPPED = new Set([
  'script',
  'style',
  'template',
  'svg',
  'button',
  'fieldset',
  'input',
  'select',
  'nav',
  'footer',
]);

/** The page as Markdown, its title first. `link` says where a link of the page leads in its Markdown. */
export async function markdownOf(html: string, link: (href: string) => string): Promise<string> {
  const main = /<main\b[^>]*>([\s\S]*)<\/main>/.exec(html)?.[1] ?? '';
  const file = await unified()
    .use(rehypeParse, { fragment: true })
    .use(() => (tree: Root) => prepare(tree, link))
    .use(rehypeRemark, { handlers: { pre: fence } })
    .use(remarkGfm)
    .use(remarkStringify, { bullet: '-', rule: '-', fences: true })
    .process(main);
  return String(file).replace(/\n{3,}/g, '\n\n');
}

/** Language of a fence, kept on the `<pre>`. */
const fence: Handle = (_, node) => ({
  type: 'code',
  lang: String(node.properties.dataFence ?? ''),
  value: textOf(node).trimEnd(),
});

function prepare(parent: Root | Element, link: (href: string) => string): void {
  parent.children = (parent.children as ElementContent[]).flatMap((node): ElementContent[] => {
    if (node.type !== 'element') return [node];
    const { properties } = node;
    if (node.tagName === 'svg' && properties.ariaLabel && !has(node, 'tall')) {
      return [paragraph(`Picture: ${properties.ariaLabel}`)];
    }
    if (DROPPED.has(node.tagName) || has(node, 'sr-only')) return [];
    if (has(node, 'compare')) return compare(node, link);
    if (has(node, 'recording')) return recording(node, link);
    if (node.tagName === 'figure' && has(node, 'code')) return figure(node);
    if (node.tagName === 'a' && properties.href) properties.href = link(String(properties.href));
    prepare(node, link);
    return [node];
  }) as typeof parent.children;
}

/** Its head, then a fence for each language. */
function compare(node: Element, link: (href: string) => string): ElementContent[] {
  const [bar, heads, ...rows] = elementsIn(node);
  const what = bar && elementsIn(bar)[0];
  const files = heads ? elementsIn(heads).flatMap(elementsIn).filter(isLink) : [];
  return [
    ...(what ? [paragraph(textOf(what).trim(), 'strong')] : []),
    ...LANGS.flatMap((lang, i): ElementContent[] => {
      const code = rows.flatMap((row) => {
        const parts = elementsIn(row);
        const title = parts.find((part) => has(part, 'step-title'));
        const cell = parts.find((part) => part.tagName === 'pre' && has(part, lang));
        const text = textOf(cell);
        const indent = /^\s*/.exec(text)?.[0] ?? '';
        return title && text ? [`${indent}// ${textOf(title)}\n${text}`] : [text];
      });
      const file = files[i];
      const href = file && link(String(file.properties.href));
      return [
        element('p', {}, [
          { type: 'text', value: `${LANGUAGES[lang].label}, ` },
          element('a', { href }, [{ type: 'text', value: textOf(file).split(':')[0] ?? '' }]),
          { type: 'text', value: ':' },
        ]),
        element('pre', { dataFence: LANGUAGES[lang].id }, [{ type: 'text', value: code.join('') }]),
      ];
    }),
  ];
}

/** What was run, its picture in words, and where all of it is. */
function recording(node: Element, link: (href: string) => string): ElementContent[] {
  const named = (name: string) => textOf(find(node, (child) => has(child, name))[0]).trim();
  const [drawn] = find(node, ({ tagName, properties }) => tagName === 'svg' && Boolean(properties.ariaLabel));
  const [file] = find(
    node,
    ({ tagName, properties }) => tagName === 'a' && /\.json$/.test(String(properties.href)),
  );
  const href = file && link(String(file.properties.href));
  return [
    paragraph(`${named('what')}: ${named('static')}`, 'strong'),
    ...(drawn ? [paragraph(`Picture: ${drawn.properties.ariaLabel}`)] : []),
    ...(href ? [element('p', {}, [element('a', { href }, [{ type: 'text', value: textOf(file) }])])] : []),
  ];
}

function figure(node: Element): ElementContent[] {
  const title = find(node, ({ tagName }) => tagName === 'figcaption')[0];
  const lang = classes(node).find((name) => name !== 'code' && name !== 'not-content');
  return [
    ...(title ? [paragraph(textOf(title), 'strong')] : []),
    element('pre', { dataFence: lang }, [
      { type: 'text', value: textOf(find(node, ({ tagName }) => tagName === 'pre')[0]) },
    ]),
  ];
}

function paragraph(text: string, tagName?: string): Element {
  const value: ElementContent = { type: 'text', value: text };
  return element('p', {}, [tagName ? element(tagName, {}, [value]) : value]);
}

function element(tagName: string, properties: Element['properties'], children: ElementContent[]): Element {
  return { type: 'element', tagName, properties, children };
}

function elementsIn(node: Element): Element[] {
  return node.children.filter((child): child is Element => child.type === 'element');
}

function isLink({ tagName }: Element): boolean {
  return tagName === 'a';
}

function find(node: Element, wanted: (node: Element) => boolean): Element[] {
  return node.children.flatMap((child) =>
    child.type === 'element' ? [...(wanted(child) ? [child] : []), ...find(child, wanted)] : [],
  );
}

function classes({ properties }: Element): string[] {
  return Array.isArray(properties.className) ? properties.className.map(String) : [];
}

function has(node: Element, name: string): boolean {
  return classes(node).includes(name);
}

function textOf(node: Element | undefined): string {
  const parts = node?.children.map((child) =>
    child.type === 'element' ? textOf(child) : child.type === 'text' ? child.value : '',
  );
  return parts?.join('') ?? '';
}
