/** The search dialog: opens on a click or Ctrl+K, loads the index then, lists what it finds. */

interface Hit {
  url: string;
  meta: { title: string };
  excerpt: string;
  sub_results: { url: string; title: string; excerpt: string }[];
}

interface Index {
  init(): Promise<void>;
  /** Answers `null` when a newer search has begun. */
  debouncedSearch(query: string): Promise<{ results: { data(): Promise<Hit> }[] } | null>;
}

const MOST = 8;

class SiteSearch extends HTMLElement {
  #index: Promise<Index> | undefined;
  #sheet: Promise<unknown> | undefined;

  connectedCallback(): void {
    const dialog = part(this, 'dialog', HTMLDialogElement);
    const input = part(this, 'input', HTMLInputElement);
    const list = part(this, 'ol', HTMLOListElement);
    const open = async () => {
      if (import.meta.env.PROD) this.#index ??= load(this.dataset.index ?? '');
      // It takes what is typed at once, and is seen when it has its looks.
      dialog.style.opacity = '0';
      dialog.showModal();
      input.select();
      this.#sheet ??= styled(this.dataset.sheet ?? '');
      await this.#sheet;
      dialog.style.opacity = '';
    };
    part(this, '.open', HTMLButtonElement).addEventListener('click', open);
    addEventListener('keydown', (event) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (dialog.open) dialog.close();
      else open();
    });
    dialog.addEventListener('click', ({ target }) => {
      if (target === dialog || (target as Element).closest('a')) dialog.close();
    });
    part(this, 'form', HTMLFormElement).addEventListener('submit', (event) => {
      if (event.submitter) return;
      event.preventDefault();
      list.querySelector('a')?.click();
    });
    dialog.addEventListener('keydown', (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const stops: HTMLElement[] = [input, ...list.querySelectorAll('a')];
      const at = stops.indexOf(document.activeElement as HTMLElement) + step;
      stops[Math.max(0, Math.min(stops.length - 1, at))]?.focus();
    });
    input.addEventListener('input', () => void this.#search(input.value.trim(), list));
  }

  async #search(query: string, list: HTMLOListElement): Promise<void> {
    const status = part(this, '.status', HTMLParagraphElement);
    const index = await this.#index;
    if (!query || !index) {
      list.replaceChildren();
      status.textContent = '';
      return;
    }
    const found = await index.debouncedSearch(query);
    if (!found) return;
    const hits = await Promise.all(found.results.slice(0, MOST).map((result) => result.data()));
    const words = (found.results.length ? this.dataset.many : this.dataset.none) ?? '';
    status.textContent = words
      .replace('[COUNT]', String(found.results.length))
      .replace('[SEARCH_TERM]', query);
    list.replaceChildren(...hits.map(item));
  }
}

/** Fetches a stylesheet. */
function styled(href: string): Promise<unknown> {
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
  document.head.append(link);
  return new Promise((done) => {
    link.onload = link.onerror = done;
  });
}

async function load(url: string): Promise<Index> {
  // biome-ignore lint/plugin: Pagefind's index is made by the build; only its address is known.
  const index: Index = await import(/* @vite-ignore */ url);
  await index.init();
  return index;
}

function item(hit: Hit): HTMLLIElement {
  const best = hit.sub_results[0] ?? { url: hit.url, title: '', excerpt: hit.excerpt };
  const { title } = hit.meta;
  const link = Object.assign(document.createElement('a'), { href: best.url });
  const name = document.createElement('strong');
  name.textContent = best.title && best.title !== title ? `${title} › ${best.title}` : title;
  const text = document.createElement('small');
  // Pagefind escapes the text and adds only <mark>.
  text.innerHTML = best.excerpt;
  link.append(name, text);
  const entry = document.createElement('li');
  entry.append(link);
  return entry;
}

function part<T extends Element>(host: Element, selector: string, type: new () => T): T {
  const found = host.querySelector(selector);
  if (found instanceof type) return found;
  throw new Error(`The search has no ${selector}`);
}

customElements.define('site-search', SiteSearch);
