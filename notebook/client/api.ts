/** How a page talks to the notebook's server: see notebook/server/server.ts. */
import type { News } from '../protocol/messages.ts';

const KEY = 'notebook-token';
const HEADER = 'x-notebook-token';

/**
 * Takes the token out of the address that npm start printed, and keeps it for the pages of this origin. One that the
 * server does not know is not kept: a link to this page must not take the good one away.
 */
export async function takeToken(): Promise<void> {
  const [, token] = /^#token=([\w-]+)$/.exec(location.hash) ?? [];
  if (!token) return;
  history.replaceState(null, '', location.pathname + location.search);
  const answer = await fetch('/notebook/api/run', { headers: { [HEADER]: token } }).catch(() => undefined);
  if (answer?.ok) localStorage.setItem(KEY, token);
}

/** Calls the API; throws what it says when it refuses. */
export async function call<Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
  const answer = await ask(path, {
    method,
    ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
  });
  return answer.json();
}

/** All that a run tells, until it is over or `signal` says so. */
export async function* newsOf(run: string, signal: AbortSignal): AsyncGenerator<News> {
  const { body } = await ask(`run/${run}`, { signal });
  if (!body) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) if (event.startsWith('data: ')) yield JSON.parse(event.slice(6));
  }
}

async function ask(path: string, options: RequestInit): Promise<Response> {
  const headers = { [HEADER]: localStorage.getItem(KEY) ?? '', 'content-type': 'application/json' };
  const answer = await fetch(`/notebook/api/${path}`, { ...options, headers }).catch((error) => {
    if (options.signal?.aborted) throw error;
    throw new Error('The notebook does not answer. Is npm start still running?');
  });
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({ error: answer.statusText }));
  throw new Error(error);
}
