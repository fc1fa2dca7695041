/** The theme: kept on the next pages, and following the system until the reader chooses. */
import { recall, remember } from './preferences.client.ts';

const root = document.documentElement;
const system = matchMedia('(prefers-color-scheme: light)');
const selects = document.querySelectorAll<HTMLSelectElement>('.theme select');

function apply(theme: string): void {
  root.dataset.theme = theme === 'auto' ? (system.matches ? 'light' : 'dark') : theme;
  for (const select of selects) select.value = theme;
}

for (const select of selects) {
  select.addEventListener('change', () => {
    remember('theme', select.value);
    apply(select.value);
  });
}
system.addEventListener('change', () => apply(recall('theme')));
apply(recall('theme'));
