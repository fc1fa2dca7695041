/** Keeps every language picker on the page, and on the next pages, in step. */
import { remember } from '../starlight/preferences.client.ts';

type Kind = 'pair' | 'solo';

const root = document.documentElement;

function apply(kind: Kind, value: string): void {
  root.dataset[kind] = value;
  for (const input of document.querySelectorAll<HTMLInputElement>(`.pick [value="${value}"]`)) {
    input.checked = true;
  }
}

document.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement) || !target.closest('.pick')) return;
  const kind: Kind = target.value.includes('-') ? 'pair' : 'solo';
  // Keep the picker where it was on the screen: panes above it may change their height.
  const before = target.getBoundingClientRect().top;
  apply(kind, target.value);
  scrollBy({ top: target.getBoundingClientRect().top - before, behavior: 'instant' });
  remember(kind, target.value);
});

// The stored choice was put on the root before the first paint: see ../starlight/Head.astro.
for (const kind of ['pair', 'solo'] as const) {
  const value = root.dataset[kind];
  if (value) apply(kind, value);
}
