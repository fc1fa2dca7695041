/** The scenarios that share a server and a worker. */
import { runScenarios } from './play.ts';

await runScenarios('shared');
