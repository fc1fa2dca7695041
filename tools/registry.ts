/** npm run registry: writes the lists from which the workers register pipelines, out of the folders. */
import { staleLists } from '../sandbox/worker-lists.ts';

const written = staleLists(true);
console.log(written.length ? written.map((path) => `${path}: written`).join('\n') : 'the lists are fresh');
