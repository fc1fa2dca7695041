/** A link beside each heading, for those who share it. The table of contents has them all as well. */

for (const heading of document.querySelectorAll('.sl-markdown-content :is(h2, h3)[id]')) {
  const link = Object.assign(document.createElement('a'), {
    className: 'anchor',
    href: `#${heading.id}`,
    textContent: '#',
    ariaHidden: 'true',
    tabIndex: -1,
  });
  heading.append(link);
}
