/**
 * Expressive Code plugin for code that was cut from a file. It wraps the lines of each step of a
 * `<Compare>` pane in one element, so that CSS subgrid can put the same step of every language on
 * the same row; and it gives the first line of each region of a whole file an id to link to.
 * Highlighting is done on all lines first, so no grammar state is lost at a step's border.
 */
import type { ExpressiveCodePlugin } from '@astrojs/starlight/expressive-code';
import { h, select } from '@astrojs/starlight/expressive-code/hast';

/** Where to cut a pane into rows. */
export interface Rows {
  /** Lines before the first step; their row is there when any of the twins has such lines. */
  lead: number;
  hasLead: boolean;
  steps: { title: string; line: number }[];
}

declare module '@astrojs/starlight/expressive-code' {
  interface ExpressiveCodeBlockProps {
    rows?: Rows;
    /** 1-based lines and the ids they get. */
    anchors?: { line: number; id: string }[];
  }
}

type Children = NonNullable<ReturnType<typeof select>>['children'];

/** The plugin, for ec.config.mjs. */
export function pluginRegions(): ExpressiveCodePlugin {
  return {
    name: 'Regions',
    hooks: {
      postprocessRenderedBlock({ codeBlock, renderData }) {
        const { rows, anchors } = codeBlock.props;
        const code = select('pre > code', renderData.blockAst);
        if (!code) return;
        for (const { line, id } of anchors ?? []) {
          const element = code.children[line - 1];
          if (element?.type === 'element') element.properties.id = id;
        }
        if (rows) code.children = cut(rows, code.children);
      },
    },
  };
}

function cut({ lead, hasLead, steps }: Rows, lines: Children): Children {
  if (steps.length === 0) return [h('div.step.plain', lines)];
  const numbered = steps.map(({ title, line }, i) => {
    const end = (steps[i + 1]?.line ?? lines.length + 1) - 1;
    return h('div.step', [h('div.step-title', title), ...lines.slice(line - 1, end)]);
  });
  return hasLead ? [h('div.step.lead', lines.slice(0, lead)), ...numbered] : numbered;
}
