/** What a `<Compare>` tells on hover: types of names, and what the tests ran. Fetched then. */

const types = () => import('./hover-types.client.ts');
const TYPED = '.compare pre.ts, .type';
/** A pointer that only passes asks for nothing. */
const REST = 150;

let waiting: ReturnType<typeof setTimeout> | undefined;
let pointed = false;

function ask({ clientX, clientY, target }: MouseEvent): void {
  clearTimeout(waiting);
  const typed = target instanceof Element && target.closest(TYPED);
  if (!typed && !pointed) return;
  waiting = setTimeout(async () => {
    pointed = true;
    await (await types()).point(clientX, clientY, target);
  }, REST);
}

async function hide(): Promise<void> {
  clearTimeout(waiting);
  if (pointed) (await types()).hide();
}

document.addEventListener('pointermove', ask, { passive: true });
document.addEventListener('click', ask);
document.addEventListener('keydown', ({ key }) => void (key === 'Escape' && hide()));
document.addEventListener('scroll', hide, { passive: true });

const template = document.querySelector<HTMLTemplateElement>('#types');
for (const head of document.querySelectorAll('.compare > .heads > .ts')) {
  const button = template?.content.firstElementChild?.cloneNode(true) as HTMLButtonElement | undefined;
  const compare = head.closest('.compare');
  if (!button || !compare) continue;
  button.addEventListener('click', async () => (await types()).list(compare, button), { once: true });
  head.querySelector('a')?.after(button);
}

for (const details of document.querySelectorAll<HTMLDetailsElement>('.compare > details')) {
  details.addEventListener('toggle', async () => (await import('./line-coverage.client.ts')).fill(details), {
    once: true,
  });
}
