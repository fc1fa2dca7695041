/**
 * The colours of code: six kinds of ink. Each is an element of HTML that says nothing by itself, and
 * has a colour of the page's theme in styles/code.css, so that one page serves light and dark. Names,
 * operators and brackets keep the colour of the text: code stays calm, and a page stays light.
 */
import type { ThemeRegistration } from 'shiki';

const INKS: Record<string, string[]> = {
  em: ['comment', 'punctuation.definition.comment'],
  u: ['string', 'punctuation.definition.string', 'constant.character.escape'],
  var: ['constant.numeric', 'constant.language', 'support.constant'],
  b: [
    'keyword',
    'storage.type',
    'storage.modifier',
    'variable.language',
    'keyword.operator.new',
    'keyword.operator.expression',
  ],
  i: [
    'entity.name.type',
    'entity.other.inherited-class',
    'support.type',
    'support.class',
    'source.go storage.type',
  ],
  dfn: ['entity.name.function', 'support.function', 'entity.name.command'],
  // What a larger scope would have coloured.
  text: [
    'keyword.operator',
    'storage.type.function.arrow',
    'keyword.operator.type.annotation',
    'meta.template.expression',
    'string.unquoted',
    'support.type.property-name',
  ],
};

const NAMES = Object.keys(INKS);

/** Shiki wants colours: they stand for the inks. */
const colourOf = (ink: string) => `#00000${NAMES.indexOf(ink) + 1}`;

/** The element of a token of this colour; none for the colour of the text. */
export function inkOf(colour: string | undefined): string | undefined {
  const ink = NAMES.find((name) => colourOf(name) === colour);
  return ink === 'text' ? undefined : ink;
}

export const codeTheme = {
  name: 'durable-pipelines',
  type: 'light',
  fg: '#000000',
  bg: '#ffffff',
  settings: Object.entries(INKS).map(([ink, scope]) => ({
    scope,
    settings: { foreground: colourOf(ink) },
  })),
} satisfies ThemeRegistration;
