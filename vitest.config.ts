import { defineConfig } from 'vitest/config';
import { LANGUAGES } from './tests/world/languages.ts';

/** One project a language, which runs every scenario against it, and one for the house itself. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'house', include: ['tests/{proof,site,world}/**/*.test.ts'] } },
      ...LANGUAGES.map(({ id }) => ({
        test: {
          name: id,
          include: ['tests/twins/*.test.ts'],
          env: { TWIN: id },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      })),
    ],
  },
});
