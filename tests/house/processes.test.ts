/** The command runner: commands that end, processes that stay, groups of them. */
import { afterEach, describe, expect, test } from 'vitest';
import { CommandError, run, Service } from '../../sandbox/processes.ts';

const node = (script: string) => ['--input-type=module', '--eval', script];
const failure = (command: string, args: string[] = []) =>
  run(command, args).then(
    () => expect.unreachable('it must fail'),
    (error: unknown) => error as CommandError,
  );

describe('a command', () => {
  test('returns what it wrote on stdout, as it is', async () => {
    const script = `console.log(process.env.WORD); console.error('aside')`;
    expect(await run(process.execPath, node(script), { env: { WORD: 'said' } })).toBe('said\n');
  });

  test('that fails throws its exit code and all it wrote', async () => {
    const error = await failure(process.execPath, node(`console.error('why'); process.exit(3)`));
    expect(error).toBeInstanceOf(CommandError);
    expect(error.message).toMatch(/exit code 3\nwhy$/);
    expect(error.output).toBe('why');
  });

  test('that is killed says by what', async () => {
    expect((await failure('sh', ['-c', 'kill -KILL $$'])).message).toBe(
      'sh -c kill -KILL $$: killed by SIGKILL',
    );
  });

  test('that is not there says so', async () => {
    expect((await failure('no-such-command')).message).toContain('ENOENT');
  });
});

describe('a service', () => {
  let service: Service | undefined;
  afterEach(() => service?.kill());

  const start = async (script: string, leads = false) => {
    service = await Service.start('it', process.execPath, node(script), { ready: 'READY', leads });
    return service;
  };
  /** Prints its answer to SIGUSR2, or to SIGTERM. */
  const ANSWERS = `
    process.on('SIGUSR2', () => console.log('COVERED'));
    setInterval(() => {}, 1000);
    console.log('COVERED before'); console.log('READY');`;

  test('that ends before it is ready throws with its log', async () => {
    const message = 'it: exit code 2 before it was ready\nwhy';
    await expect(start(`console.log('why'); process.exitCode = 2`)).rejects.toThrow(message);
  });

  test('that is not there says so', async () => {
    const none = Service.start('it', 'no-such-command', [], { ready: 'READY' });
    await expect(none).rejects.toThrow('ENOENT');
  });

  test('is heard from now on: what it said before does not count', async () => {
    const it = await start(ANSWERS);
    await expect(it.said('COVERED', 300)).rejects.toThrow('0.3 s were over before it said "COVERED"');
    for (let i = 0; i < 2; i++) {
      const said = it.said('COVERED');
      it.signal('SIGUSR2');
      await said;
    }
    expect(it.runs).toBe(true);
  });

  test('that ends while one listens throws', async () => {
    const it = await start(ANSWERS);
    const said = it.said('COVERED');
    const told = expect(said).rejects.toThrow('killed by SIGKILL before it said "COVERED"');
    await it.kill();
    await told;
    expect(it.runs).toBe(false);
  });

  test('is asked to end, and its exit code returned', async () => {
    const it = await start(`process.on('SIGTERM', () => process.exit(7)); ${ANSWERS}`);
    expect(await it.stop()).toBe(7);
  });

  test('that does not listen is killed when patience is over', async () => {
    const it = await start(`process.on('SIGTERM', () => {}); ${ANSWERS}`);
    expect(await it.stop(100)).toBeNull();
  });

  test('that leads a group takes with it what it has started, however it ends', async () => {
    const it = await start(
      `import { spawn } from 'node:child_process';
       const child = spawn('sleep', ['600']);
       console.log(child.pid, 'is its child'); ${ANSWERS}`,
      true,
    );
    const child = Number(/(\d+) is its child/.exec(it.log)?.[1]);
    const lives = () => run('ps', ['-o', 'stat=', '-p', String(child)]).then((stat) => !stat.startsWith('Z'));
    expect(await lives()).toBe(true);
    // It goes down alone: nobody has asked its child to end.
    it.signal('SIGTERM');
    await it.ended;
    await expect.poll(() => lives().catch(() => false)).toBe(false);
  });
});
