/** What the scenarios executed of a file, in all languages. */

import { findCompares } from '@site/lib/compare-references';
import { lineCoverageOf } from '@site/lib/line-coverage';
import type { APIRoute, GetStaticPaths } from 'astro';

export const getStaticPaths: GetStaticPaths = () => {
  const files = new Map(findCompares(process.cwd()).found.map((ref) => [`${ref.pipeline}/${ref.file}`, ref]));
  return [...files].flatMap(([path, { pipeline, file }]) => {
    const executed = lineCoverageOf(pipeline, file);
    return executed ? [{ params: { path }, props: { executed } }] : [];
  });
};

export const GET: APIRoute = ({ props }) => new Response(JSON.stringify(props.executed));
