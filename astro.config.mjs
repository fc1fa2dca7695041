import { fileURLToPath } from 'node:url';
import starlight from '@astrojs/starlight';
import { defineConfig } from 'astro/config';
import examples from './site/integrations/examples.ts';
import ogAndRobots from './site/integrations/og-and-robots.ts';
import postBuild from './site/integrations/post-build.ts';
import { fonts } from './site/lib/fonts.ts';
import { shikiConfig } from './site/lib/highlight.ts';
import { base, editUrl, site } from './site/lib/site-url.ts';

const folder = fileURLToPath(new URL('./site', import.meta.url));

/** Astro's own directives in MDX are known to it alone, and each would be a warning of ten lines. */
function withoutDirectives(level, log, handle) {
  if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
}

export default defineConfig({
  site,
  base,
  // The rooms of the repository are at its top: content/, site/, public/.
  srcDir: '.',
  fonts,
  vite: {
    build: { assetsInlineLimit: 0, rolldownOptions: { onLog: withoutDirectives } },
    resolve: {
      alias: [
        { find: '@site', replacement: folder },
        { find: /^.*\/SidebarPersistState$/, replacement: `${folder}/starlight/nothing.client.ts` },
      ],
    },
    server: { watch: { ignored: ['**/target/**', '**/dist/**', '**/.cache/**'] } },
  },
  markdown: { shikiConfig },
  prefetch: false,
  integrations: [
    starlight({
      expressiveCode: false,
      markdown: { headingLinks: false },
      title: 'Durable Pipelines',
      editLink: { baseUrl: editUrl('') },
      // content/docs/404.mdx is the page for what is not there.
      disable404Route: true,
      defaultLocale: 'root',
      locales: { root: { label: 'English', lang: 'en' } },
      customCss: [
        './site/styles/tokens.css',
        './site/styles/type.css',
        './site/styles/layout.css',
        './site/styles/chrome.css',
        './site/styles/code.css',
        './site/styles/compare.css',
        './site/styles/diagram.css',
      ],
      components: {
        Head: './site/starlight/Head.astro',
        LanguageSelect: './site/starlight/Nothing.astro',
        PageSidebar: './site/starlight/PageSidebar.astro',
        PageTitle: './site/starlight/PageTitle.astro',
        Search: './site/starlight/Search.astro',
        Sidebar: './site/starlight/Sidebar.astro',
        SocialIcons: './site/starlight/Nothing.astro',
        ThemeProvider: './site/starlight/ThemeProvider.astro',
        ThemeSelect: './site/starlight/ThemeSelect.astro',
      },
      sidebar: [
        { label: 'Start', items: [{ autogenerate: { directory: 'start' } }] },
        { label: 'Lessons', items: [{ autogenerate: { directory: 'lessons' } }] },
        { label: 'Reference', items: [{ autogenerate: { directory: 'reference' } }] },
      ],
    }),
    examples(),
    ...ogAndRobots(),
    postBuild(),
  ],
});
