/** Makes a page live. The notebook's server puts this script into the pages as it serves them. */
import { takeToken } from './api.ts';
import { Panel } from './panel.ts';

await takeToken();
for (const host of document.querySelectorAll<HTMLElement>('[data-run]')) void Panel.fill(host);
