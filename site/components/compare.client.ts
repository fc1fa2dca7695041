/** Keeps every language picker on the page, and on the next pages, in step. */

type Kind = 'pair' | 'solo';

const root = document.documentElement;

function apply(kind: Kind, value: string): void {
  root.dataset[kind] = value;
  for (const input of document.querySelectorAll<HTMLInputElement>(`.pick [value="${value}"]`)) {
    input.checked = true;
  }
}

function save(kind: Kind, value: string): void {
  try {
    localStorage.setItem(`pipelines-${kind}`, value);
  } catch {
    // Storage is refused: the choice lasts for this page only.
  }
}

document.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement) || !target.closest('.pick')) return;
  const kind: Kind = target.value.includes('-') ? 'pair' : 'solo';
  // Keep the picker where it was on the screen: panes above it may change their height.
  const before = target.getBoundingClientRect().top;
  apply(kind, target.value);
  scrollBy({ top: target.getBoundingClientRect().top - before, behavior: 'instant' });
  save(kind, target.value);
});

// The stored choice was put on the root before the first paint: see ../starlight/Head.astro.
for (const kind of ['pair', 'solo'] as const) {
  const value = root.dataset[kind];
  if (value) apply(kind, value);
}
