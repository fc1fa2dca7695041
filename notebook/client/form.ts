/** A form made from a JSON Schema: as much of it as the contracts of the pipelines use. */
import { button, element } from './elements.ts';

/** A part of a schema. */
export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  description?: string;
}

/** Something to fill in, and what it holds. */
export interface Field {
  element: HTMLElement;
  value(): unknown;
}

/** Fields for a value of the definition `name` of `root`, filled with `value`. */
export function fieldsOf(root: Schema, name: string, value: unknown): Field {
  return make({ $ref: `#/$defs/${name}` }, value, '', root);
}

function resolve(schema: Schema, root: Schema): Schema {
  if (!schema.$ref) return schema;
  const name = schema.$ref.replace('#/$defs/', '');
  const found = root.$defs?.[name];
  if (!found) throw new Error(`the contract has no ${name}`);
  return resolve(found, root);
}

function make(given: Schema, value: unknown, name: string, root: Schema): Field {
  const schema = resolve(given, root);
  const orNull = schema.anyOf?.find(({ type }) => type !== 'null');
  if (orNull) return optional(orNull, value ?? undefined, name, root, null);
  if (Array.isArray(schema.type)) {
    const type = schema.type.find((one) => one !== 'null') ?? 'string';
    return optional({ ...schema, type }, value ?? undefined, name, root, null);
  }
  if (schema.const !== undefined) return { element: element('span'), value: () => schema.const };
  if (schema.enum) return choice(schema.enum, value, name);
  if (schema.type === 'object') return group(schema, value, name, root);
  if (schema.type === 'array') return many(schema, value, name, root);
  if (schema.type === 'boolean') return flag(value, name);
  return line(schema, value, name);
}

function labelled(name: string, input: HTMLElement, hint?: string): HTMLElement {
  const label = element('label', {}, element('span', {}, name), input);
  if (hint) label.append(element('small', {}, hint));
  return label;
}

function line(schema: Schema, value: unknown, name: string): Field {
  const number = schema.type === 'integer' || schema.type === 'number';
  const input = element('input', { type: number ? 'number' : 'text', required: true, spellcheck: false });
  if (number) {
    input.step = schema.type === 'integer' ? '1' : 'any';
    input.min = String(schema.minimum ?? '');
    input.max = String(schema.maximum ?? '');
  }
  // Not as an attribute: there a pattern would be of another kind.
  const pattern = schema.pattern ? new RegExp(schema.pattern) : undefined;
  input.addEventListener('input', () => {
    const fits = !pattern || !input.value || pattern.test(input.value);
    input.setCustomValidity(fits ? '' : `must match ${schema.pattern}`);
  });
  input.value = String(value ?? '');
  const held = () => (number ? Number(input.value) : input.value);
  return { element: labelled(name, input, schema.description), value: held };
}

function choice(options: unknown[], value: unknown, name: string): Field {
  const select = element('select', {}, ...options.map((one) => element('option', {}, String(one))));
  select.selectedIndex = Math.max(0, options.indexOf(value));
  return { element: labelled(name, select), value: () => options[select.selectedIndex] };
}

function flag(value: unknown, name: string): Field {
  const input = element('input', { type: 'checkbox', checked: value === true });
  return { element: labelled(name, input), value: () => input.checked };
}

function group(schema: Schema, value: unknown, name: string, root: Schema): Field {
  const values = (value ?? {}) as Record<string, unknown>;
  const fields = Object.entries(schema.properties ?? {}).map(([key, part]) => {
    const needed = schema.required?.includes(key);
    const made = needed
      ? make(part, values[key], key, root)
      : optional(part, values[key], key, root, undefined);
    return [key, made] as const;
  });
  const inner = fields.map(([, field]) => field.element);
  const legend = element('legend', {}, name);
  return {
    element: name ? element('fieldset', {}, legend, ...inner) : element('div', {}, ...inner),
    value() {
      const held = fields.map(([key, field]) => [key, field.value()] as const);
      return Object.fromEntries(held.filter(([, one]) => one !== undefined));
    },
  };
}

/** What may be left out: then it is `nothing`. */
function optional(schema: Schema, value: unknown, name: string, root: Schema, nothing: unknown): Field {
  let field: Field | undefined;
  const check = element('input', { type: 'checkbox', checked: value !== undefined });
  const container = element('div', { className: 'optional' }, labelled(name, check));
  const show = () => {
    field?.element.remove();
    field = check.checked ? make(schema, value, name, root) : undefined;
    if (field) container.append(field.element);
  };
  check.addEventListener('change', show);
  show();
  return { element: container, value: () => (field ? field.value() : nothing) };
}

function many(schema: Schema, value: unknown, name: string, root: Schema): Field {
  const fields: Field[] = [];
  const container = element('div');
  const add = (one: unknown) => {
    const field = make(schema.items ?? {}, one, `${name} ${fields.length + 1}`, root);
    const remove = () => {
      fields.splice(fields.indexOf(field), 1);
      field.element.remove();
    };
    field.element.append(button(`Remove this one of ${name}`, remove));
    fields.push(field);
    container.append(field.element);
  };
  for (const one of (value ?? []) as unknown[]) add(one);
  const more = button(`Add one to ${name}`, () => add(undefined));
  return {
    element: element('div', { className: 'many' }, container, more),
    value: () => fields.map((field) => field.value()),
  };
}
