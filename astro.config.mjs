import { fileURLToPath } from 'node:url';
import starlight from '@astrojs/starlight';
import { defineConfig, fontProviders } from 'astro/config';
import csp from './site/integrations/csp.ts';
import examples from './site/integrations/examples.ts';
import { shikiConfig } from './site/lib/code.ts';

/** A variable font from npm: nothing is loaded from another host. */
function font(name, cssVariable, fallback, styles = ['normal']) {
  const pkg = name.toLowerCase().replaceAll(' ', '-');
  const folder = `./node_modules/@fontsource-variable/${pkg}/files`;
  const variants = styles.map((style) => ({
    weight: '200 800',
    style,
    src: [`${folder}/${pkg}-latin-wght-${style}.woff2`],
  }));
  return {
    name,
    cssVariable,
    provider: fontProviders.local(),
    fallbacks: [fallback],
    options: { variants },
  };
}

/** Astro's own directives in MDX are known to it alone, and each would be a warning of ten lines. */
function withoutDirectives(level, log, handle) {
  if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
}

export default defineConfig({
  site: process.env.SITE_URL,
  base: process.env.SITE_BASE,
  // The rooms of the repository are at its top: content/, site/, public/.
  srcDir: '.',
  fonts: [
    font('Inter', '--font-sans', 'sans-serif', ['normal', 'italic']),
    font('Source Serif 4', '--font-serif', 'serif'),
    font('JetBrains Mono', '--font-mono', 'monospace'),
  ],
  vite: {
    build: { rolldownOptions: { onLog: withoutDirectives } },
    resolve: { alias: { '@site': fileURLToPath(new URL('./site', import.meta.url)) } },
    server: { watch: { ignored: ['**/target/**', '**/dist/**', '**/.cache/**'] } },
  },
  markdown: { shikiConfig },
  prefetch: false,
  integrations: [
    starlight({
      expressiveCode: false,
      title: 'Durable Pipelines',
      // content/docs/404.mdx is the page for what is not there.
      disable404Route: true,
      defaultLocale: 'root',
      locales: { root: { label: 'English', lang: 'en' } },
      customCss: [
        './site/styles/tokens.css',
        './site/styles/type.css',
        './site/styles/layout.css',
        './site/styles/code.css',
        './site/styles/compare.css',
        './site/styles/diagram.css',
        './site/styles/front.css',
        './site/styles/recording.css',
      ],
      components: {
        Head: './site/starlight/Head.astro',
        PageTitle: './site/starlight/PageTitle.astro',
        Search: './site/starlight/Search.astro',
      },
      sidebar: [
        { label: 'Start', items: [{ autogenerate: { directory: 'start' } }] },
        { label: 'Lessons', items: [{ autogenerate: { directory: 'lessons' } }] },
        { label: 'Reference', items: [{ autogenerate: { directory: 'reference' } }] },
      ],
    }),
    examples(),
    csp(),
  ],
});
