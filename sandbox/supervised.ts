/**
 * Imported first, by a command that starts servers: the command then runs as the leader of a group of
 * processes, below the process that was started. That one passes on SIGHUP, SIGINT and SIGTERM, sees npm go, and when the
 * command has ended, however it did, ends what is left of the group and deletes its temporary files. When it
 * is killed itself (SIGKILL), the command has the same done by another.
 *
 * Where a program cannot be replaced by another (Windows), the command runs as it is.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The process above. What the command starts inherits it, so it holds for children of that one alone. */
const MARK = 'SUPERVISED_BY';
const SELF = fileURLToPath(import.meta.url);
/** The argument that has a group ended, in place of a command. */
const CLEAR = '--clear';

/** How long the command may clean up after itself, and then each of what it has left, at SIGTERM. */
const LEADER_PATIENCE_MS = 10_000;
const REST_PATIENCE_MS = 3_000;
/** npm passes on what the terminal has sent to all: the same signal twice is one wish, later it is another. */
const TWICE_MS = 1_000;
/** How often it is looked whether npm is still there. */
const LOOK_MS = 250;

if (import.meta.main) void main(process.argv.slice(2));
else if (process.env[MARK] === String(process.ppid)) {
  process.on('disconnect', handOver);
  // Nothing is ever sent: it must not keep the command from ending.
  process.channel?.unref();
} else if (process.execve) {
  // The same process, but none of what the command is about to load.
  const args = [process.execPath, ...process.execArgv, SELF, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...process.env });
}

async function main([command = '', ...args]: string[]): Promise<void> {
  if (command === CLEAR) await clear(Number(args[0]), args[1] ?? '');
  else process.exitCode = await supervise([command, ...args]);
}

/** Runs a command below this process. Returns its exit code when nothing of it is left. */
async function supervise(command: string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'pipelines-'));
  // As root, the database runs as another user.
  chmodSync(folder, 0o711);
  const child = spawn(process.execPath, [...process.execArgv, ...command], {
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, TMPDIR: folder, [MARK]: String(process.pid) },
  });
  const group = child.pid ?? 0;
  let asked = 0;
  const end = (signal: NodeJS.Signals) => {
    if (!asked) {
      asked = Date.now();
      child.kill(signal);
      setTimeout(() => send(group, 'SIGKILL'), LEADER_PATIENCE_MS).unref();
    } else if (Date.now() - asked > TWICE_MS) send(group, 'SIGKILL');
  };
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  whenOrphaned(() => end('SIGTERM'));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((ended) => {
    child.once('exit', (...how) => ended(how));
  });
  await clear(group, folder);
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}

/**
 * npm signals its shell alone, which passes nothing on; or is killed, and the shell stays: all that is seen
 * here is that one of the two has another parent.
 */
function whenOrphaned(then: () => void): void {
  if (!process.env.npm_lifecycle_event) return;
  const parents = () => `${process.ppid} ${parentOf(process.ppid)}`;
  const before = parents();
  const timer = setInterval(() => {
    if (parents() === before) return;
    clearInterval(timer);
    then();
  }, LOOK_MS);
  timer.unref();
}

/** The parent of a process, where the system shows it in a file (Linux). */
function parentOf(pid: number): string | undefined {
  try {
    // `pid (name) state parent …`
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1];
  } catch {
    return undefined;
  }
}

/** The process above is gone: what it would have done is done from outside the group. */
function handOver(): void {
  const args = [SELF, CLEAR, String(process.pid), tmpdir()];
  spawn(process.execPath, args, { detached: true, stdio: 'ignore' }).unref();
}

/** Ends what is left of a group, and deletes its temporary files. */
async function clear(group: number, folder: string): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!send(group, signal)) break;
    for (const late = Date.now() + REST_PATIENCE_MS; send(group, 0) && Date.now() < late; ) await sleep(50);
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }).catch(
    (error: Error) => {
      console.error(`not deleted: ${error.message}`);
    },
  );
}

/** Sends a signal to a group; whether there is anyone in it. */
function send(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}
