/** The pages that teach a pipeline. */
import { getCollection } from 'astro:content';

/** The lesson's name in the sidebar; a pipeline without a lesson is called by its folder. */
export async function lessonName(pipeline: string): Promise<string> {
  const pages = await getCollection('docs', ({ id }) => id === `lessons/${pipeline}`);
  return pages[0]?.data.sidebar.label ?? pipeline;
}
