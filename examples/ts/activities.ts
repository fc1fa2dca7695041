// Made by npm run registry from the folders of pipelines: do not edit.
export * from './etl/activities.ts';
export * from './streaming/activities.ts';
export * from './tour/activities.ts';
