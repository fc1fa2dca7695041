/** Marks, in the table of contents, the part of the page that is being read. */

const headings = [...document.querySelectorAll('main :is(h1, .sl-markdown-content :is(h2, h3))[id]')];
const links = [...document.querySelectorAll<HTMLAnchorElement>(':is(.toc, .toc-bar) a')];
const bar = document.querySelector<HTMLDetailsElement>('.toc-bar details');
const label = bar?.querySelector('summary b');
let waiting = false;

function mark(): void {
  waiting = false;
  const top = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) + 16;
  const now = headings.findLast((heading) => heading.getBoundingClientRect().top < top) ?? headings[0];
  for (const link of links) {
    if (link.hash !== `#${now?.id}`) link.removeAttribute('aria-current');
    else {
      link.setAttribute('aria-current', 'true');
      if (label) label.textContent = link.textContent;
    }
  }
}

if (links.length) {
  addEventListener(
    'scroll',
    () => {
      if (!waiting) requestAnimationFrame(mark);
      waiting = true;
    },
    { passive: true },
  );
  // After the first paint: to ask where things are before it would make the browser lay out twice.
  requestAnimationFrame(() => setTimeout(mark));
}

// The bar's list closes when something was chosen, and when the reader turns elsewhere.
addEventListener('click', ({ target }) => {
  const inside = bar?.contains(target as Node) && !(target as Element).closest('a');
  if (bar && !inside) bar.open = false;
});
addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape' || !bar?.open) return;
  bar.open = false;
  bar.querySelector('summary')?.focus();
});
