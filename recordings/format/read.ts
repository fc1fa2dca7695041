/** Reads recordings from their files. What is no recording throws, and is named: it stops a build of the site. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECORDING_VERSION, type Recording } from './recording.ts';

const FOLDER = 'recordings';
/** This folder. */
const FORMAT = 'format';
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
      recording: readRecordingFile(root, `${FOLDER}/${pipeline}/${name}`),
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
    .filter((name) => name !== FORMAT && !name.includes('.'))
    .flatMap((pipeline) => recordingsOf(pipeline, root).map((one) => ({ ...one, pipeline })));
}

/** One recording: `file` is its path from the root. A file that has not changed is parsed once. */
export function readRecordingFile(root: string, file: string): Recording {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  const known = parsed.get(path);
  if (known?.text === text) return known.recording;
  const recording = parse(file, text);
  parsed.set(path, { text, recording });
  return recording;
}

const parsed = new Map<string, { text: string; recording: Recording }>();

function parse(file: string, text: string): Recording {
  const recording: Recording = JSON.parse(text);
  const { version, events, clocks } = recording;
  if (version !== RECORDING_VERSION) {
    throw new Error(`${file}: version ${version}, but ${RECORDING_VERSION} is what can be read`);
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
