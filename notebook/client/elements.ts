/** Makes elements, without markup: what a run says is text. */

type Child = Node | string;

/** An element with properties and children; a property whose name has a hyphen is an attribute. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-')) made.setAttribute(name, String(value));
    else Object.assign(made, { [name]: value });
  }
  made.append(...children);
  return made;
}

/** A button that does something; while it does, it cannot be pressed again. */
export function button(
  text: string,
  press: () => unknown,
  properties: Record<string, unknown> = {},
): HTMLButtonElement {
  return element('button', { type: 'button', onclick: press, ...properties }, text);
}

function textOf(value: unknown): string {
  if (value === null) return '';
  if (typeof value === 'object') return JSON.stringify(value);
  return typeof value === 'number' ? value.toLocaleString('en-US') : String(value);
}

/** Rows as a table: numbers stand right. */
export function table(caption: string, rows: Record<string, unknown>[]): HTMLElement {
  const names = Object.keys(rows[0] ?? {});
  const cell = (value: unknown) => {
    const number = typeof value === 'number';
    return element('td', { className: number ? 'number' : '' }, textOf(value));
  };
  const body = rows.map((row) => element('tr', {}, ...names.map((name) => cell(row[name]))));
  const head = names.map((name) => element('th', { scope: 'col' }, name));
  const made = element(
    'table',
    {},
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...body),
  );
  return element('div', { className: 'scrolls', tabIndex: 0, role: 'group', ariaLabel: caption }, made);
}
