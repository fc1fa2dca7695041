/**
 * Ties the site to the examples: a build stops when a region is missing, unequal or unused; the dev
 * server reloads a page when an example changes; every file that a page cuts from can be read whole.
 */
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { checkAllTwins, formatProblem, type Problem } from '../lib/examples.ts';

/** The integration, for astro.config.mjs. */
export default function examples(): AstroIntegration {
  let root = process.cwd();
  return {
    name: 'examples',
    hooks: {
      'astro:config:setup': ({ config, injectRoute, command, logger }) => {
        root = fileURLToPath(config.root);
        injectRoute({ pattern: '/source/[...path]', entrypoint: './site/pages/source.astro' });
        injectRoute({ pattern: '/recordings/[...path].json', entrypoint: './site/pages/recording.ts' });
        injectRoute({ pattern: '/executed/[...path].json', entrypoint: './site/pages/line-coverage.ts' });
        injectRoute({ pattern: '/types/[...path].json', entrypoint: './site/pages/hover-types.ts' });
        if (command === 'dev') {
          for (const problem of checkAllTwins(root)) logger.warn(formatProblem(problem));
        }
      },
      'astro:server:setup': ({ server }) => {
        server.watcher.on('change', (file) => {
          if (/[\\/](examples|recordings)[\\/].*\.(ts|go|rs|json)$/.test(file))
            server.ws.send({ type: 'full-reload' });
        });
      },
      'astro:build:start': ({ logger }) => {
        const problems = checkAllTwins(root);
        // A line that is too wide wraps: ugly, but true.
        const [wide, wrong] = [problems.filter(isWide), problems.filter((p) => !isWide(p))];
        for (const problem of wide) logger.warn(formatProblem(problem));
        if (wrong.length === 0) return;
        const list = wrong.map(formatProblem).join('\n  ');
        throw new Error(`The pages and the examples do not agree:\n  ${list}`);
      },
    },
  };
}

function isWide({ kind }: Problem): boolean {
  return kind === 'width';
}
