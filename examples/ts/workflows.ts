// Made by npm run registry from the folders of pipelines: do not edit.
export * from './etl/workflow.ts';
export * from './streaming/workflow.ts';
export * from './tour/workflow.ts';
