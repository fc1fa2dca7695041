/** Stylesheets without what no page of the site can use. */
import postcss, { type Declaration, type Root } from 'postcss';
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
   * The stylesheets without rules for classes, elements and ids that were never mentioned, and without
   * variables that none of them uses. Attributes are all taken to be there: scripts and readers change
   * them.
   */
  async purge(sheets: string[]): Promise<string[]> {
    const attributes = sheets.flatMap((css) =>
      Array.from(css.matchAll(/\[([^\]]*)\]/g), ([, inside = '']) => inside.match(NAME) ?? []),
    );
    const known = [...this.#words, ...attributes.flat()];
    const purged = await new PurgeCSS().purge({
      content: [{ raw: '', extension: 'html' }],
      css: sheets.map((raw) => ({ raw })),
      keyframes: true,
      defaultExtractor: () => known,
    });
    const roots = purged.map(({ css }) => postcss.parse(css));
    for (const root of roots) removeLosers(root);
    removeUnused(roots, this.#words);
    return roots.map(String);
  }

  #add(text: string): void {
    for (const [word] of text.matchAll(WORD)) this.#words.add(word);
  }
}

/** The page as a whole, in one theme or in both. */
const ROOT = /^(:root|::backdrop|\[data-theme=\w+\]|\s)+$/;

/** Removes the variables of a cascade layer that the same rule outside of any layer sets anew. */
function removeLosers(root: Root): void {
  const winners = new Set<string>();
  root.each((node) => {
    if (node.type !== 'rule' || node.selector !== ':root') return;
    for (const child of node.nodes) if (isVariable(child)) winners.add(child.prop);
  });
  root.walkAtRules('layer', (layer) => {
    layer.walkRules(({ selectors, nodes }) => {
      if (!selectors.every((selector) => ROOT.test(selector))) return;
      for (const child of [...nodes]) if (isVariable(child) && winners.has(child.prop)) child.remove();
    });
  });
}

/** Removes variables that nothing uses, those that only such variables use, and rules that are left empty. */
function removeUnused(roots: Root[], mentioned: Set<string>): void {
  for (let removed = true; removed; ) {
    removed = false;
    const used = new Set(mentioned);
    for (const root of roots) {
      root.walkDecls(({ value }) => {
        for (const [, name = ''] of value.matchAll(/var\(\s*(--[\w-]+)/g)) used.add(name);
      });
    }
    for (const root of roots) {
      root.walkDecls((declaration) => {
        if (!isVariable(declaration) || used.has(declaration.prop)) return;
        declaration.remove();
        removed = true;
      });
    }
  }
  for (const root of roots) root.walkRules((rule) => void (rule.nodes.length || rule.remove()));
}

function isVariable(node: { type: string }): node is Declaration {
  return node.type === 'decl' && (node as Declaration).variable;
}
