/**
 * What a command has started is gone when the command is, however it is ended. The runs of these tests are
 * told from all others on the machine by their group: the command's parent starts it as the leader of one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT, run } from '../../sandbox/processes.ts';

/** All of it is over at once, but on a machine that does much else. */
const PATIENCE = { timeout: 180_000, interval: 100 };

interface Process {
  pid: number;
  command: string;
}

/** The processes of the group that the only child of `parent`, or of a child of it, leads; none that are dead. */
async function groupBelow(parent: number): Promise<Process[]> {
  const table = await run('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,args=']);
  const all = table.split('\n').flatMap((line) => {
    const [, pid, ppid, group, stat, command = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (!pid || stat?.startsWith('Z')) return [];
    return [{ pid: Number(pid), ppid: Number(ppid), group: Number(group), command }];
  });
  const below = (ppid: number) =>
    ppid === parent || all.some((one) => one.pid === ppid && one.ppid === parent);
  const leader = all.find(({ ppid, pid, group }) => group === pid && below(ppid));
  return all.filter(({ group }) => group === leader?.pid);
}

/** Those of them that are still there. */
async function left(processes: Process[]): Promise<string[]> {
  const table = await run('ps', ['-A', '-o', 'pid=,stat=']);
  const alive = table.split('\n').flatMap((line) => {
    const [pid, stat] = line.trim().split(/\s+/);
    return stat?.startsWith('Z') ? [] : [Number(pid)];
  });
  return processes.filter(({ pid }) => alive.includes(pid)).map(({ command }) => command);
}

describe('nothing is left', { timeout: 400_000 }, () => {
  let folder = '';
  let first: ChildProcess | undefined;
  let seen: Process[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'house-'));
    // As root, the database runs as another user.
    chmodSync(folder, 0o711);
  });
  afterEach(() => {
    // What a red test has left.
    for (const { pid } of seen) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It is gone, as it should be.
      }
    }
    first?.kill('SIGKILL');
    seen = [];
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a command in a session of its own; its temporary files go into `folder`. */
  function start(args: string[], env: Record<string, string> = {}, program = process.execPath): ChildProcess {
    first = spawn(program, args, {
      cwd: ROOT,
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, TMPDIR: folder, ...env },
    });
    return first;
  }

  /** Waits until what the command has started matches all of these. */
  async function running(...patterns: RegExp[]): Promise<void> {
    const find = async () => {
      seen = await groupBelow(first?.pid ?? 0);
      return patterns.filter((pattern) => !seen.some(({ command }) => pattern.test(command)));
    };
    await expect.poll(find, PATIENCE).toEqual([]);
  }

  async function nothingLeft(): Promise<void> {
    await expect.poll(() => left(seen), PATIENCE).toEqual([]);
    await expect.poll(() => readdirSync(folder), PATIENCE).toEqual([]);
  }

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'of the tests, whose first process is sent %s',
    async (signal) => {
      start(['tools/test.ts', 'house'], { HOUSE: 'held' });
      await running(/tools\/test\.ts/, /bin\/postgres -D/, /temporal-test-server/, /the worker/);
      first?.kill(signal);
      await nothingLeft();
    },
  );

  describe('of a command that is', () => {
    /** Writes a command that starts `sleep` and a temporary file, then does `last`. */
    function command(last: string): string {
      const file = join(folder, 'command.mjs');
      const supervised = pathToFileURL(`${ROOT}/sandbox/supervised.ts`).href;
      writeFileSync(
        file,
        `import ${JSON.stringify(supervised)};
         import { spawn } from 'node:child_process';
         import { rmSync, mkdtempSync } from 'node:fs';
         import { tmpdir } from 'node:os';
         mkdtempSync(tmpdir() + '/left-');
         spawn('sleep', ['600'], { stdio: 'ignore' });
         rmSync(${JSON.stringify(file)});
         ${last}`,
      );
      return file;
    }
    const STAYS = 'setInterval(() => {}, 1000);';
    const leader = () => seen.find(({ command }) => command.includes('command.mjs'))?.pid ?? 0;

    test.each(['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGKILL'] as const)('sent %s', async (signal) => {
      const child = start([command(STAYS)]);
      const ended = once(child, 'exit');
      await running(/command\.mjs/, /sleep 600/);
      child.kill(signal);
      const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, SIGKILL: null };
      expect((await ended)[0]).toBe(codes[signal]);
      await nothingLeft();
    });

    test('run by npm, whose shell is sent SIGTERM and passes nothing on', async () => {
      const shell = ['-c', `"$0" "$1"; true`, process.execPath, command(STAYS)];
      const child = start(shell, { npm_lifecycle_event: 'test' }, 'sh');
      await running(/command\.mjs/, /sleep 600/);
      child.kill('SIGTERM');
      await nothingLeft();
    });

    test('killed below its parent', async () => {
      const child = start([command(STAYS)]);
      const ended = once(child, 'exit');
      await running(/command\.mjs/, /sleep 600/);
      process.kill(leader(), 'SIGKILL');
      expect((await ended)[0]).toBe(137);
      await nothingLeft();
    });

    test('deaf to SIGTERM, and told twice', async () => {
      const child = start([command(`process.on('SIGTERM', () => {}); ${STAYS}`)]);
      const ended = once(child, 'exit');
      await running(/command\.mjs/, /sleep 600/);
      child.kill('SIGTERM');
      await sleep(1_100);
      child.kill('SIGTERM');
      expect((await ended)[0]).toBe(137);
      await nothingLeft();
    });

    test('over by itself: its exit code is kept, what it has left goes', async () => {
      const child = start([command(`process.on('SIGUSR2', () => process.exit(7)); ${STAYS}`)]);
      const ended = once(child, 'exit');
      await running(/command\.mjs/, /sleep 600/);
      process.kill(leader(), 'SIGUSR2');
      expect((await ended)[0]).toBe(7);
      // All was done before the first process ended.
      expect([await left(seen), readdirSync(folder)]).toEqual([[], []]);
    });
  });
});

test.each(['tools/test.ts', 'tools/faults.ts', 'tools/pipeline.ts', 'tests/site/run.ts'])(
  '%s is supervised before anything else is loaded',
  (file) => {
    const text = readFileSync(`${ROOT}/${file}`, 'utf8');
    expect(/^import .*/m.exec(text)?.[0]).toMatch(/^import '(\.\.\/)+sandbox\/supervised\.ts';$/);
  },
);
