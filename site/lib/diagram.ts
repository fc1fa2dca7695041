/**
 * Draws Mermaid diagrams to SVG that passes a strict content security policy.
 *
 * The renderer puts a `<style>` with a web-font import into every SVG, inline colours on the root,
 * and the same marker ids in every picture. Here they go away: the colours are in diagram.css, and
 * the ids get a prefix, so that the picture needs nothing from outside.
 */
import { createHash } from 'node:crypto';
import { renderMermaidSVG } from 'beautiful-mermaid';

/** What diagram.css says once for all pictures. */
const IN_CSS =
  / (?:text-anchor="middle"|font-size="1[13]"|font-weight="[45]00"|fill="var\(--_text(?:-sec)?\)"|fill="var\(--_node-fill\)"|stroke="var\(--_(?:node-stroke|line|inner-stroke)\)"|stroke-width="(?:1|0\.75)"|fill="var\(--bg\)")(?= |\/|>)/g;

/** The picture; for a left-to-right flowchart also an upright one, of which CSS shows one. */
export function diagram(code: string, alt: string): string {
  const source = code.trim();
  const flat = draw(source, alt, 'flat');
  const upright = source.replace(/^(flowchart|graph) (LR|RL)\b/, '$1 TD');
  return upright === source ? flat : flat + draw(upright, alt, 'tall');
}

function draw(source: string, alt: string, kind: 'flat' | 'tall'): string {
  const id = `d${createHash('sha256').update(source).digest('hex').slice(0, 6)}`;
  const options = { padding: 4, nodeSpacing: 28, layerSpacing: 44, transparent: true };
  const svg = renderMermaidSVG(source, options);
  const head = `<svg class="${kind}" role="img" aria-label="${escapeAttribute(alt)}" `;
  const out = svg
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/(<svg[^>]*?) style="[^"]*"/, '$1')
    .replace(/\s*<!--[\s\S]*?-->/g, '')
    .replace(/<marker id="[^"]*-start"[\s\S]*?<\/marker>/g, (marker) =>
      /url\([^)]*-start\)/.test(svg) ? marker : '',
    )
    .replace(/ (?:data-[\w-]+|xmlns)="[^"]*"/g, '')
    .replace(IN_CSS, '')
    .replace(/\bid="([^"]+)"/g, `id="${id}-$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${id}-$1)`)
    .replace(/(\d+\.\d)\d+/g, '$1')
    .replace(/>\s+</g, '><')
    .replace(/viewBox="[^"]*" width="[^"]*" height="[^"]*"/, () => box(svg))
    .replace('<svg ', head);
  if (/\bhttps?:(?!\/\/www\.w3\.org\/)/.test(out)) {
    throw new Error('The diagram points outside of the page');
  }
  return out;
}

function escapeAttribute(text: string): string {
  return text.replace(/["&<]/g, (char) => `&#${char.charCodeAt(0)};`);
}

const SHAPE = /<(rect|line|ellipse|circle|polyline|polygon)\b([^>]*)>/g;

/** The renderer's own box cuts edge labels off and leaves a gap below: measure what was drawn. */
function box(svg: string): string {
  const body = svg.replace(/<defs>[\s\S]*?<\/defs>/g, '');
  const points = [...body.matchAll(SHAPE)].flatMap(([, tag = '', attributes = '']) =>
    corners(tag, attributes),
  );
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs) - 2, Math.min(...ys) - 2];
  const width = (Math.max(...xs) + 2 - left).toFixed(1);
  const height = (Math.max(...ys) + 2 - top).toFixed(1);
  const view = `${left.toFixed(1)} ${top.toFixed(1)} ${width} ${height}`;
  return `viewBox="${view}" width="${width}" height="${height}"`;
}

type Point = [x: number, y: number];

/** Two opposite corners of a shape, or all points of a line. */
function corners(tag: string, attributes: string): Point[] {
  const text = (name: string) => new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
  const n = (name: string) => Number(text(name) ?? 0);
  const around = (x: number, y: number, rx: number, ry: number): Point[] => [
    [x - rx, y - ry],
    [x + rx, y + ry],
  ];
  switch (tag) {
    case 'rect':
      return [
        [n('x'), n('y')],
        [n('x') + n('width'), n('y') + n('height')],
      ];
    case 'line':
      return [
        [n('x1'), n('y1')],
        [n('x2'), n('y2')],
      ];
    case 'ellipse':
      return around(n('cx'), n('cy'), n('rx'), n('ry'));
    case 'circle':
      return around(n('cx'), n('cy'), n('r'), n('r'));
    default: {
      const numbers = (text('points')?.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
      return numbers.flatMap((x, i): Point[] => (i % 2 ? [] : [[x, numbers[i + 1] ?? 0]]));
    }
  }
}
