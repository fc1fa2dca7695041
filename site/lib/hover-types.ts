/**
 * What every name in a TypeScript example is, asked of the compiler itself: the types on a page are
 * those of the code that runs. A page fetches them when somebody points at a name.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Node, SyntaxKind } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import { readRegions } from './regions.ts';

/** A name on a line of a region: from one column to another, and which of the texts says what it is. */
type Named = [line: number, from: number, to: number, text: number];

/** The names of a file's regions. Lines and columns count from 0, as the region is shown. */
export interface Types {
  /** A name and its type, and after an empty line what its author says of it. */
  texts: string[];
  regions: Record<string, Named[]>;
}

/** Longer ones are cut: a tooltip is no page. */
const LONGEST = 320;

interface Hover {
  line: number;
  from: number;
  to: number;
  text: string;
}

const CACHE = '.cache/types';

/** The types of each file, by its path from the repository's root. They are asked for once. */
export function typesOf(files: string[], root = process.cwd()): Record<string, Types> {
  const path = join(root, CACHE, `${digest(root, files)}.json`);
  if (!existsSync(path)) {
    mkdirSync(join(root, CACHE), { recursive: true });
    writeFileSync(path, JSON.stringify(Object.fromEntries(ask(files, root))));
  }
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Of all that the types may come from. */
function digest(root: string, files: string[]): string {
  const hash = createHash('sha256').update(files.join());
  const examples = readdirSync(join(root, 'examples/ts'), { recursive: true, encoding: 'utf8' });
  const sources = examples.filter((name) => name.endsWith('.ts')).map((name) => `examples/ts/${name}`);
  for (const file of [...sources.sort(), 'package-lock.json', 'tsconfig.json', 'site/lib/hover-types.ts']) {
    hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** One start of the compiler serves all. */
function ask(files: string[], root: string): Map<string, Types> {
  const api = new API({ cwd: root });
  try {
    const snapshot = api.updateSnapshot({ openProjects: [resolve(root, 'tsconfig.json')] });
    const [project] = snapshot.getProjects();
    if (!project) throw new Error('tsconfig.json: TypeScript sees no project');
    return new Map(
      files.map((file) => {
        const hovers = hoversOf(project, resolve(root, file));
        return [file, byRegion(root, file, hovers)];
      }),
    );
  } finally {
    api.close();
  }
}

type Project = ReturnType<ReturnType<API['updateSnapshot']>['getProjects']>[number];

function hoversOf({ program, checker }: Project, path: string): Hover[] {
  const source = program.getSourceFile(path);
  if (!source) throw new Error(`${path} is not part of tsconfig.json`);
  const names: Node[] = [];
  const walk = (node: Node): void => {
    if (node.kind === SyntaxKind.Identifier) names.push(node);
    node.forEachChild(walk);
  };
  walk(source);
  const starts = [0, ...Array.from(source.text.matchAll(/\n/g), ({ index }) => index + 1)];
  const symbols = checker.getSymbolAtLocation(names);
  return names.flatMap((name, i): Hover[] => {
    const symbol = symbols[i];
    if (!symbol) return [];
    const type = checker.typeToString(checker.getTypeOfSymbolAtLocation(symbol, name), name);
    if (type === 'any' || type.endsWith('Constructor')) return [];
    const start = name.getStart(source);
    const line = starts.findLastIndex((at) => at <= start);
    const comment = symbol.getDocumentationComment(checker).split('\n\n')[0] ?? '';
    const text = `${symbol.name}: ${cut(type)}${comment ? `\n\n${comment}` : ''}`;
    const begin = starts[line] ?? 0;
    return [{ line: line + 1, from: start - begin, to: name.end - begin, text }];
  });
}

function cut(type: string): string {
  return type.length > LONGEST ? `${type.slice(0, LONGEST)}…` : type;
}

function byRegion(root: string, file: string, hovers: Hover[]): Types {
  const texts: string[] = [];
  const regions: Types['regions'] = {};
  const source = readFileSync(resolve(root, file), 'utf8').split('\n');
  for (const { name, code, lines } of readRegions(root, file)) {
    const shown = code.split('\n');
    regions[name] = hovers.flatMap(({ line, from, to, text }): Named[] => {
      const at = lines.indexOf(line);
      if (at < 0) return [];
      // A region is shown without the indentation that all of it has.
      const indent = (source[line - 1]?.length ?? 0) - (shown[at]?.length ?? 0);
      if (!texts.includes(text)) texts.push(text);
      return [[at, from - indent, to - indent, texts.indexOf(text)]];
    });
  }
  return { texts, regions };
}
