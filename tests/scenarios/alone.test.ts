/** The scenarios that have a server and a worker of their own. */
import { runScenarios } from './play.ts';

await runScenarios('alone');
