/** A copy of the repository to work in, so that this one stays as it is. */
import { cp, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { CACHE, ROOT } from '../../sandbox/processes.ts';

const LEFT_OUT = ['node_modules', 'target', 'dist', '.git', '.astro', '.cache'];

/** Makes the folder `to` anew. What is downloaded, packages and servers, is shared by links. */
export async function copyRepository(to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(`${to}/.cache`, { recursive: true });
  await mkdir(`${CACHE}/servers`, { recursive: true });
  const names = (await readdir(ROOT)).filter((name) => !LEFT_OUT.includes(name));
  const filter = (path: string) => !LEFT_OUT.includes(basename(path));
  for (const name of names) await cp(`${ROOT}/${name}`, `${to}/${name}`, { recursive: true, filter });
  await symlink(`${ROOT}/node_modules`, `${to}/node_modules`);
  await symlink(`${CACHE}/servers`, `${to}/.cache/servers`);
}
