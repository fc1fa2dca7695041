/** The picture that a link to a page shows: drawn at build time, in the site's own letters. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import satori from 'satori';
import sharp from 'sharp';
import { cut } from './font-subset.ts';
import { PICTURE } from './site-url.ts';

const CACHE = '.cache/og';
const INK = '#1b1d24';
const GREY = '#5b5e67';
const LANGUAGES = { TypeScript: '#2b6fc2', Go: '#00809c', Rust: '#b5490f' };

/** Activities of a run, as the player draws them: where each begins, and how long it is, in percent. */
const RUN: [from: number, long: number, colour: string][] = [
  [0, 22, '#2b6fc2'],
  [8, 30, '#00809c'],
  [4, 16, '#b5490f'],
  [42, 24, '#3446c4'],
  [70, 30, '#3446c4'],
];

type Element = { type: string; props: { style: object; children?: unknown } };

const box = (style: object, children?: unknown): Element => ({
  type: 'div',
  props: { style: { display: 'flex', ...style }, children },
});

/** The picture as a PNG. It is made once for its words. */
export async function picture(title: string, description: string): Promise<Buffer> {
  const key = createHash('sha256').update(DRAWN).update(`${title}\n${description}`).digest('hex');
  const path = `${CACHE}/${key.slice(0, 16)}.png`;
  if (!existsSync(path)) {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(path, await draw(title, description));
  }
  return readFileSync(path);
}

/** This file: another drawing is another picture. */
const DRAWN = readFileSync('site/lib/og-image.ts');

async function draw(title: string, description: string): Promise<Buffer> {
  const fonts = await Promise.all([
    font('Source Serif 4', 620),
    font('Source Serif 4', 400),
    font('Inter', 500),
  ]);
  const svg = await satori(page(title, description) as Parameters<typeof satori>[0], {
    ...PICTURE,
    fonts,
  });
  return sharp(Buffer.from(svg)).png({ palette: true, colours: 64, effort: 1 }).toBuffer();
}

async function font(family: string, weight: number) {
  const path = await cut({ family, style: 'normal', weights: [weight, weight], format: 'truetype' });
  return { name: family, weight: weight as 400, data: readFileSync(path) };
}

function page(title: string, description: string): Element {
  return box({ width: '100%', height: '100%', background: '#fdfcf9', fontFamily: 'Inter' }, [
    // The spine of the notebook.
    box({ width: 28, background: '#3446c4' }),
    box({ width: 6, marginLeft: 6, background: '#dfe4ff' }),
    box({ flexDirection: 'column', flex: 1, padding: '64px 72px 56px 64px' }, [
      box({ fontSize: 30, fontWeight: 500, color: GREY }, 'Durable Pipelines'),
      box(
        {
          marginTop: 36,
          fontFamily: 'Source Serif 4',
          fontWeight: 620,
          fontSize: title.length > 42 ? 68 : 82,
          lineHeight: 1.08,
          letterSpacing: '-0.02em',
          color: INK,
          textWrap: 'balance',
        },
        title,
      ),
      box(
        {
          marginTop: 26,
          fontFamily: 'Source Serif 4',
          fontWeight: 400,
          fontSize: 34,
          lineHeight: 1.35,
          color: GREY,
          textWrap: 'balance',
        },
        description,
      ),
      box({ flex: 1 }),
      box({ justifyContent: 'space-between', alignItems: 'flex-end' }, [
        box({ gap: 36, fontSize: 28, fontWeight: 500, color: INK }, Object.entries(LANGUAGES).map(language)),
        box({ position: 'relative', width: 330, height: 100 }, RUN.map(bar)),
      ]),
    ]),
  ]);
}

function language([name, colour]: [string, string]): Element {
  const dot = box({ width: 18, height: 18, borderRadius: 9, background: colour });
  return box({ alignItems: 'center', gap: 12 }, [dot, name]);
}

function bar([from, long, colour]: [number, number, string], row: number): Element {
  return box({
    position: 'absolute',
    left: `${from}%`,
    top: row * 21,
    width: `${long}%`,
    height: 13,
    borderRadius: 4,
    background: colour,
  });
}
