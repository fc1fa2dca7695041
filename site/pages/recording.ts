/** A recording as JSON: the player fetches it when somebody plays it, or opens an event. */
import type { APIRoute, GetStaticPaths } from 'astro';
import { allRecordings } from '../../recordings/format/read.ts';

export const getStaticPaths: GetStaticPaths = () =>
  allRecordings().map(({ pipeline, slug, recording }) => ({
    params: { path: `${pipeline}/${slug}` },
    props: { recording },
  }));

export const GET: APIRoute = ({ props }) => new Response(JSON.stringify(props.recording));
