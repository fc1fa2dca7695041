/** The types of names in a TypeScript file. */

import { findCompares } from '@site/lib/compare-references';
import { typesOf } from '@site/lib/hover-types';
import { pathOf } from '@site/lib/languages';
import type { APIRoute, GetStaticPaths } from 'astro';

export const getStaticPaths: GetStaticPaths = () => {
  const files = new Set(findCompares(process.cwd()).found.map((ref) => pathOf('ts', ref.pipeline, ref.file)));
  return Object.entries(typesOf([...files])).map(([path, types]) => ({ params: { path }, props: { types } }));
};

export const GET: APIRoute = ({ props }) => new Response(JSON.stringify(props.types));
