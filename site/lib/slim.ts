/** Stylesheets without the rules that no page of the site can use. */
import postcss, { type Rule } from 'postcss';
import { PurgeCSS } from 'purgecss';

const NAME = /[\w-]+(?:\\?[:./][\w-]+)*/g;
/** Class names such as `print:hidden` have colons. */
const WORD = /[\w:./-]+/g;

/** Collects what pages and scripts mention. */
export class Mentioned {
  readonly #words = new Set<string>();

  page(html: string): void {
    for (const [tag] of html.matchAll(/<[a-z][^>]*>/gi)) this.#add(tag);
    for (const [, body = ''] of html.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/gi)) this.#add(body);
  }

  script(code: string): void {
    this.#add(code);
  }

  /**
   * The stylesheet without rules for classes, elements and ids that were never mentioned. Attributes
   * are all taken to be there: scripts and readers change them.
   */
  async slim(css: string): Promise<string> {
    const attributes = Array.from(
      css.matchAll(/\[([^\]]*)\]/g),
      ([, inside = '']) => inside.match(NAME) ?? [],
    );
    const known = [...this.#words, ...attributes.flat()];
    const [result] = await new PurgeCSS().purge({
      content: [{ raw: '', extension: 'html' }],
      css: [{ raw: css }],
      variables: true,
      keyframes: true,
      defaultExtractor: () => known,
      safelist: { variables: known.filter((word) => word.startsWith('--')) },
    });
    return withoutLosers(result?.css ?? css);
  }

  #add(text: string): void {
    for (const [word] of text.matchAll(WORD)) this.#words.add(word);
  }
}

/** Without the variables of a cascade layer that the same rule outside of any layer sets anew. */
function withoutLosers(css: string): string {
  const root = postcss.parse(css);
  const winners = new Set<string>();
  root.each((node) => {
    if (node.type === 'rule' && node.selector === ':root') {
      for (const name of namesIn(node)) winners.add(name);
    }
  });
  root.walkAtRules('layer', (layer) => {
    layer.walkRules((rule) => {
      if (!rule.selectors.every((selector) => ROOT.test(selector))) return;
      for (const declaration of [...rule.nodes]) {
        if (declaration.type === 'decl' && winners.has(declaration.prop)) declaration.remove();
      }
      if (!rule.nodes.length) rule.remove();
    });
  });
  return root.toString();
}

/** The page as a whole, in one theme or in both. */
const ROOT = /^(:root|::backdrop|\[data-theme=\w+\]|\s)+$/;

function namesIn(rule: Rule): string[] {
  return rule.nodes.flatMap((node) => (node.type === 'decl' && node.variable ? [node.prop] : []));
}
