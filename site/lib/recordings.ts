/** The recordings that the tests made, read for the pages. Each mistake stops the build, and is named. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RECORDING_VERSION, type Recording } from '../../tests/proof/recording.ts';
import { once } from './once.ts';

const FOLDER = 'recordings';
/** What else the proof keeps beside them. */
const OTHERS = ['faults.json', 'lines.json'];

/** A recording and the name of its file, without `.json`. */
export interface Recorded {
  slug: string;
  recording: Recording;
}

/** All recordings of a pipeline, by the names of their scenarios. */
export function recordingsOf(pipeline: string, root = process.cwd()): Recorded[] {
  return namesIn(join(root, FOLDER, pipeline))
    .filter((name) => name.endsWith('.json') && !OTHERS.includes(name))
    .map((name) => ({
      slug: name.slice(0, -'.json'.length),
      recording: read(root, `${FOLDER}/${pipeline}/${name}`),
    }))
    .sort((a, b) => (a.recording.scenario < b.recording.scenario ? -1 : 1));
}

/** The recordings of these scenarios, in this order; throws with the names that are known. */
export function findRecordings(pipeline: string, scenarios: string[], root = process.cwd()): Recorded[] {
  const all = recordingsOf(pipeline, root);
  return scenarios.map((scenario) => {
    const found = all.find(({ recording }) => recording.scenario === scenario);
    if (found) return found;
    const known = all.map(({ recording }) => `\n  ${recording.scenario}`).join('') || ' none';
    throw new Error(`${FOLDER}/${pipeline} has no scenario "${scenario}". Recorded are:${known}`);
  });
}

/** Every recording there is. */
export function allRecordings(root = process.cwd()): (Recorded & { pipeline: string })[] {
  return namesIn(join(root, FOLDER))
    .filter((name) => !name.includes('.'))
    .flatMap((pipeline) => recordingsOf(pipeline, root).map((one) => ({ ...one, pipeline })));
}

function read(root: string, file: string): Recording {
  return once('recording', join(root, file), (text) => parse(file, text));
}

function parse(file: string, text: string): Recording {
  const recording: Recording = JSON.parse(text);
  const { version, events, clocks } = recording;
  if (version !== RECORDING_VERSION) {
    throw new Error(`${file}: version ${version}, but the site reads ${RECORDING_VERSION}`);
  }
  for (const [language, { virtual, wall }] of Object.entries(clocks)) {
    if (virtual.length === events.length && wall.length === events.length) continue;
    throw new Error(`${file}: the clocks of ${language} are not as long as the events`);
  }
  return recording;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
