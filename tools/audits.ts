/** Known vulnerabilities of what we build on, as far as the databases answer here. */
import { CommandError, ROOT, run } from '../sandbox/processes.ts';

/** What an audit found: problems, or why it could not be made. */
export interface Audit {
  name: string;
  problems: string[];
  notRun?: string;
}

/** Pinned: Go checks it against its own sums. */
const GOVULNCHECK = 'golang.org/x/vuln/cmd/govulncheck@v1.9.0';
/** What govulncheck ends with where it has found something. */
const FOUND = /exit code 3/;

/** npm's advisories: what is known of a package of the lock, high or critical. */
async function npm(): Promise<string[]> {
  const said = await run('npm', ['audit', '--json']).catch(outputOf);
  const { vulnerabilities, error } = JSON.parse(said.slice(said.indexOf('{'), said.indexOf('\n}') + 2)) as {
    vulnerabilities?: Record<string, { severity: string; fixAvailable: unknown }>;
    error?: { summary?: string };
  };
  if (!vulnerabilities) throw new Error(error?.summary || 'the registry has no advisories');
  return Object.entries(vulnerabilities)
    .filter(([, { severity }]) => ['high', 'critical'].includes(severity))
    .map(
      ([name, { severity, fixAvailable }]) => `${name}: ${severity}${fixAvailable ? ', npm audit fix' : ''}`,
    );
}

/** Go's vulnerability database: what our code can reach. */
async function go(): Promise<string[]> {
  const cwd = `${ROOT}/examples/reference/go`;
  return run('go', ['run', GOVULNCHECK, './...'], { cwd }).then(
    () => [],
    (error: CommandError) => {
      if (!FOUND.test(error.message)) throw error;
      return [error.output];
    },
  );
}

/** RustSec's database, by cargo-audit where it is installed. */
async function rust(): Promise<string[]> {
  await run('cargo', ['audit', '--version']).catch(() => {
    throw new Error('cargo-audit is not installed');
  });
  return run('cargo', ['audit', '--quiet'], { cwd: `${ROOT}/examples/reference/rust` }).then(
    () => [],
    (error: CommandError) => {
      if (!/vulnerabilit(y|ies) found/.test(error.output)) throw error;
      return [error.output];
    },
  );
}

function outputOf(error: unknown): string {
  if (error instanceof CommandError) return error.output;
  throw error;
}

/** Runs all of them; none fails because its database does not answer. */
export async function audits(): Promise<Audit[]> {
  const all = Object.entries({ 'npm audit': npm, govulncheck: go, 'cargo audit': rust });
  const made: Audit[] = [];
  for (const [name, audit] of all) {
    try {
      made.push({ name, problems: await audit() });
    } catch (error) {
      const reason = error instanceof CommandError ? error.output || error.message : (error as Error).message;
      const lines = reason.split('\n').filter((line) => line && !/^exit status/.test(line));
      made.push({ name, problems: [], notRun: (lines.at(-1) ?? '').slice(0, 160) });
    }
  }
  return made;
}
