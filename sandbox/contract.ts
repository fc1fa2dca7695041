/** Holds what the twins say against the JSON Schemas of examples/contract. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ROOT } from './processes.ts';

interface Contract {
  /** Each throws an error that names the field at fault. */
  input(value: unknown): void;
  output(value: unknown): void;
  /** What a stream publishes. */
  result(value: unknown): void;
  query(name: string, value: unknown): void;
}

/** The contract of a pipeline: examples/contract/<name>.json. */
export function contractOf(name: string): Contract {
  const schema = JSON.parse(readFileSync(`${ROOT}/examples/contract/${name}.json`, 'utf8'));
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(schema, name);
  const check = (path: string, value: unknown) => {
    const validate = ajv.getSchema(`${name}#/$defs/${path}`);
    if (!validate) throw new Error(`examples/contract/${name}.json has no ${path}`);
    if (validate(value)) return;
    const problems = ajv.errorsText(validate.errors);
    throw new Error(`examples/contract/${name}.json, ${path}: ${problems}: ${JSON.stringify(value)}`);
  };
  return {
    input: (value) => check('input', value),
    output: (value) => check('output', value),
    result: (value) => check('result', value),
    query: (query, value) => check(`queries/properties/${query}`, value),
  };
}

/**
 * Whether the runs of a pipeline continue as new: by its contract, the input can carry what another run
 * handed on. The test server loses a query that meets a run at that moment, and the run stalls: such a
 * run is to be asked while it sleeps.
 */
export function continuesAsNew(pipeline: string): boolean {
  const { $defs } = JSON.parse(readFileSync(`${ROOT}/examples/contract/${pipeline}.json`, 'utf8'));
  return 'carried' in $defs.input.properties;
}
