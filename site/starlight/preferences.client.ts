/** What a reader chose, kept in this browser. Where storage is refused, a choice lasts for the page. */

export function remember(what: string, value: string): void {
  try {
    localStorage.setItem(`pipelines-${what}`, value);
  } catch {}
}

/** `auto` when nothing is kept. */
export function recall(what: string): string {
  try {
    return localStorage.getItem(`pipelines-${what}`) ?? 'auto';
  } catch {
    return 'auto';
  }
}
