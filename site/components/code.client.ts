/** Puts a button that copies beside each piece of code: on the page only where scripts run. */

const template = document.querySelector<HTMLTemplateElement>('#copy');

function add(target: Element, code: () => Iterable<Element>): void {
  const copy = template?.content.firstElementChild?.cloneNode(true) as HTMLElement | undefined;
  const status = copy?.querySelector<HTMLElement>('[role=status]');
  if (!copy || !status) return;
  copy.querySelector('button')?.addEventListener('click', async () => {
    const text = Array.from(code(), (part) => part.textContent).join('');
    await navigator.clipboard.writeText(text.trimEnd());
    status.textContent = status.dataset.text ?? '';
    setTimeout(() => status.replaceChildren(), 1500);
  });
  target.append(copy);
}

for (const head of document.querySelectorAll('.compare > .heads > p')) {
  const cells = `pre.${head.className}`;
  add(head, () => head.closest('.compare')?.querySelectorAll(cells) ?? []);
}
for (const figure of document.querySelectorAll('figure.code')) {
  add(figure, () => figure.querySelectorAll('pre'));
}
