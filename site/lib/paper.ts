/**
 * The colours of code: seven kinds of ink. Each is a letter here, and a colour of the page's theme in
 * styles/code.css, so that one page serves light and dark. Names, operators and brackets keep the
 * colour of the text: code stays calm, and a page stays light.
 */
import type { ThemeRegistration } from 'shiki';

const INKS: Record<string, string[]> = {
  c: ['comment', 'punctuation.definition.comment'],
  s: ['string', 'punctuation.definition.string', 'constant.character.escape'],
  n: ['constant.numeric', 'constant.language', 'support.constant'],
  k: [
    'keyword',
    'storage.type',
    'storage.modifier',
    'variable.language',
    'keyword.operator.new',
    'keyword.operator.expression',
  ],
  t: [
    'entity.name.type',
    'entity.other.inherited-class',
    'support.type',
    'support.class',
    'source.go storage.type',
  ],
  f: ['entity.name.function', 'support.function', 'entity.name.command'],
  // What a larger scope would have coloured.
  x: [
    'keyword.operator',
    'storage.type.function.arrow',
    'keyword.operator.type.annotation',
    'meta.template.expression',
    'string.unquoted',
    'support.type.property-name',
  ],
};

/** Shiki wants colours: they stand for the letters. */
const colourOf = (ink: string) => `#0000${ink.charCodeAt(0).toString(16)}`;

/** The class of a token of this colour; none for the colour of the text. */
export function inkOf(colour: string | undefined): string | undefined {
  const ink = Object.keys(INKS).find((letter) => colourOf(letter) === colour?.toLowerCase());
  return ink === 'x' ? undefined : ink;
}

export const paper: ThemeRegistration = {
  name: 'paper',
  type: 'light',
  fg: '#000000',
  bg: '#ffffff',
  settings: Object.entries(INKS).map(([ink, scope]) => ({
    scope,
    settings: { foreground: colourOf(ink) },
  })),
};
