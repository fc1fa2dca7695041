import { World } from './tests/world/world.ts';
import { language } from './tests/world/languages.ts';
import { Stage, TASK_QUEUE } from './tests/twins/stage.ts';
import s from './tests/twins/tour.scenarios.ts';
const world = await World.start();
const stage = await Stage.start(world, language(process.argv[2]??'rust'), {} as never);
const sc = s.scenarios.find(x=>x.name.startsWith(process.argv[3]??'asked'))!;
const place = await sc.given(world,'dbg');
const h = await stage.temporal.client.workflow.start('Tour',{taskQueue:TASK_QUEUE,workflowId:'dbg',args:[place.input]});
await new Promise(r=>setTimeout(r,5000));
for (const id of ['dbg','dbg/UA']) {
  try {
  const {events}=await stage.temporal.client.workflow.getHandle(id).fetchHistory();
  for(const e of events??[]) { const [k,v]=Object.entries(e).find(([k,v])=>k.endsWith('Attributes')&&v)!; console.log(id, String(e.eventId), k, JSON.stringify(v).slice(0,300)); }
  } catch(e) { console.log(id, String(e)); }
}
console.log(stage.log);
await stage.stop(); await world.stop(); process.exit(0);
