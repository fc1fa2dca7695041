/** The pictures of pages, one for each. */
import { getCollection } from 'astro:content';
import { picture } from '@site/lib/og-image';
import type { APIRoute, GetStaticPaths } from 'astro';

export const getStaticPaths = (async () => {
  const pages = await getCollection('docs');
  return pages.map(({ id, data }) => ({
    params: { path: id || 'index' },
    props: { title: data.hero?.title ?? data.title, description: data.description ?? '' },
  }));
}) satisfies GetStaticPaths;

export const GET: APIRoute = async ({ props }) => {
  const png = await picture(props.title, props.description);
  return new Response(new Uint8Array(png), { headers: { 'content-type': 'image/png' } });
};
