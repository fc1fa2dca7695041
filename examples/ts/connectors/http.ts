/** A paged JSON API: `GET …?after=<key>&limit=<n>` answers `{records: [{id, data}], has_more}`. */
import { Context } from '@temporalio/activity';
import { resolve } from './connection.ts';
import {
  malformed,
  rateLimited,
  unavailable,
  validationError,
} from './failures.ts';
import type { Page, RawRecord } from './records.ts';

const REQUEST_TIMEOUT_MS = 30_000;

/** Pages of at most `size` records after the key `cursor`. */
// #region read
export async function* readApi(
  connection: string,
  cursor: string,
  size: number,
): AsyncGenerator<Page> {
  const url = resolve(connection, ['http', 'https']);
  while (true) {
    // #step Ask for the page behind the cursor
    url.searchParams.set('after', cursor);
    url.searchParams.set('limit', String(size));
    const { records, has_more } = await getPage(url);

    // #step The API says whether more follow
    const last = records.at(-1);
    if (!last) return;
    cursor = last.id;
    yield { records, cursor };
    if (!has_more) return;
  }
}
// #endregion read

/** One page of the API, or the failure that says what to do next. */
// #region page
async function getPage(url: URL): Promise<ApiPage> {
  const { cancellationSignal } = Context.current();
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const signal = AbortSignal.any([cancellationSignal, timeout]);

  // #step No answer: try again
  const response = await fetch(url, { signal }).catch(() => {
    throw unavailable('API did not answer');
  });

  // #step 429: come back when the API says
  if (response.status === 429) {
    const after = Number(response.headers.get('retry-after'));
    throw rateLimited('API answered 429', after || 1);
  }

  // #step Server errors may pass; client errors do not
  if (response.status >= 500) {
    throw unavailable(`API answered ${response.status}`);
  }
  if (!response.ok) {
    throw validationError(`API answered ${response.status}`);
  }

  // #step Half a JSON text may be whole next time
  const body: unknown = await response.json().catch(() => {
    throw malformed('API answered broken JSON');
  });

  // #step JSON of another shape will not mend itself
  if (!isPage(body)) {
    throw validationError('API answered JSON without records');
  }
  return body;
}
// #endregion page

interface ApiPage {
  records: RawRecord[];
  has_more: boolean;
}

function isPage(body: unknown): body is ApiPage {
  const page = body as Partial<ApiPage> | null;
  return (
    Array.isArray(page?.records) &&
    typeof page.has_more === 'boolean'
  );
}
