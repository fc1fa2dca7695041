/** What the names in TypeScript are: beside the name that a mouse or a finger points at, or as a list. */
import type { Types } from '../lib/hover-types.ts';

const files = new Map<string, Promise<Types>>();

/** The types of a `<Compare>`'s file, and the region that it shows. */
async function typesOf(compare: Element): Promise<{ types: Types; region: string } | undefined> {
  const link = compare.querySelector<HTMLAnchorElement>('.heads .ts a');
  const [, base = '', path = '', region = ''] = /^(.*?)source\/(.*)\/#(.*)$/.exec(link?.href ?? '') ?? [];
  if (!region) return undefined;
  const url = `${base}types/${path}.json`;
  const types = files.get(url) ?? fetch(url).then((response) => response.json());
  files.set(url, types);
  return { types: await types, region };
}

// ---- Beside a name

const tip = document.createElement('div');
tip.className = 'type';
tip.role = 'tooltip';
tip.popover = 'manual';
document.body.append(tip);

let shown: Range | undefined;

/** Shows what the name at this point is; hides it where no name is. */
export async function point(x: number, y: number, target: EventTarget | null): Promise<void> {
  if (tip.contains(target as Node) || (shown && inside(shown, x, y))) return;
  const line = (target as Element).closest?.('.compare pre.ts code > span');
  const compare = line?.closest('.compare');
  const found = line && compare && (await typesOf(compare));
  const name = found && nameAt(found.types, found.region, line, x, y);
  if (!name) return hide();
  shown = name.range;
  say(tip, name.text);
  tip.showPopover();
  const at = name.range.getBoundingClientRect();
  const above = at.top - tip.offsetHeight;
  tip.style.top = `${above > 0 ? above : at.bottom}px`;
  tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - tip.offsetWidth - 8))}px`;
}

export function hide(): void {
  shown = undefined;
  tip.hidePopover();
}

function nameAt({ texts, regions }: Types, region: string, line: Element, x: number, y: number) {
  const lines = [...(line.closest('.compare')?.querySelectorAll('pre.ts code > span') ?? [])];
  const at = lines.indexOf(line);
  for (const [row, from, to, text] of regions[region] ?? []) {
    if (row !== at) continue;
    const range = rangeOf(line, from, to);
    if (inside(range, x, y)) return { range, text: texts[text] ?? '' };
  }
  return undefined;
}

/** The letters of a line from one column to another, through the elements that colour it. */
function rangeOf(line: Element, from: number, to: number): Range {
  const range = document.createRange();
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  let before = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0;
    if (from >= before && from < before + length) range.setStart(node, from - before);
    if (to > before && to <= before + length) range.setEnd(node, to - before);
    before += length;
  }
  return range;
}

function inside(range: Range, x: number, y: number): boolean {
  return Array.from(range.getClientRects()).some(
    ({ left, right, top, bottom }) => x >= left && x <= right && y >= top && y <= bottom,
  );
}

function say(target: Element, text: string): void {
  const [type = '', about] = text.split('\n\n');
  const code = document.createElement('code');
  code.textContent = type;
  target.replaceChildren(code, ...(about ? [about] : []));
}

// ---- As a list

/** Opens the list of all names of a `<Compare>`, for those who do not point. From then on, its button does. */
export async function list(compare: Element, button: HTMLButtonElement): Promise<void> {
  const found = await typesOf(compare);
  if (!found) return;
  const panel = document.createElement('div');
  panel.className = 'types';
  panel.popover = 'auto';
  const texts = new Set((found.types.regions[found.region] ?? []).map(([, , , text]) => text));
  for (const text of texts) {
    const item = document.createElement('p');
    say(item, found.types.texts[text] ?? '');
    panel.append(item);
  }
  button.after(panel);
  button.popoverTargetElement = panel;
  panel.showPopover();
}
