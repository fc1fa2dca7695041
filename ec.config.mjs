import { defineEcConfig } from '@astrojs/starlight/expressive-code';
import { pluginRegions } from './site/lib/ec-regions.ts';

export default defineEcConfig({
  themes: ['vitesse-dark', 'vitesse-light'],
  useStarlightUiThemeColors: true,
  shiki: {
    bundledLangs: ['ts', 'go', 'rust', 'bash', 'json', 'yaml', 'toml', 'sql', 'diff'],
  },
  plugins: [pluginRegions()],
  // A long line wraps under itself: no page scrolls sideways.
  defaultProps: { wrap: true, preserveIndent: true, hangingIndent: 2 },
  styleOverrides: {
    borderRadius: '0.5rem',
    borderColor: 'var(--edge)',
    codeFontSize: '0.8125rem',
    codeLineHeight: '1.6',
    codePaddingInline: '1.1rem',
    frames: {
      shadowColor: 'transparent',
      terminalTitlebarBackground: 'var(--cell-head)',
      terminalTitlebarBorderBottomColor: 'var(--edge)',
    },
  },
});
