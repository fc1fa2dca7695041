/** The fonts of the site, for astro.config.mjs: variable ones from npm, cut down to what pages use. */
import { fontProviders } from 'astro/config';
import { type Cut, cut } from './font-subset.ts';

type Weights = Cut['weights'];

async function font(
  family: string,
  cssVariable: `--${string}`,
  fallback: string,
  cuts: Partial<Record<Cut['style'], Weights>>,
) {
  const variants = Object.entries(cuts).map(async ([style, weights]) => ({
    weight: weights.join(' '),
    style: style as Cut['style'],
    // A font that is late is for the next page: nothing jumps.
    display: 'optional' as const,
    src: [`./${await cut({ family, style: style as Cut['style'], weights, format: 'woff2' })}`] as [string],
  }));
  return {
    name: family,
    cssVariable,
    provider: fontProviders.local(),
    fallbacks: [fallback],
    options: { variants: (await Promise.all(variants)) as [Awaited<(typeof variants)[number]>] },
  };
}

export const fonts = await Promise.all([
  font('Inter', '--font-sans', 'sans-serif', { normal: [400, 700], italic: [400, 400] }),
  font('Source Serif 4', '--font-serif', 'serif', { normal: [400, 620] }),
  font('JetBrains Mono', '--font-mono', 'monospace', { normal: [400, 400] }),
]);
