/** The pages that teach what a folder of examples has. */
import { getCollection } from 'astro:content';
import { proofPath } from './scenario-names.ts';

/** The name of its page in the sidebar; a folder without a page goes by its own name. */
export async function lessonName(folder: string): Promise<string> {
  const pages = [proofPath(folder).replace(/\/#.*$/, ''), `reference/${folder}`];
  const [page] = await getCollection('docs', ({ id }) => pages.includes(id));
  return page?.data.sidebar.label ?? page?.data.title ?? folder;
}
