// All but heartbeat/wrong.ts, which cannot be bundled.
export * from './clock/cured.ts';
export * from './clock/wrong.ts';
export * from './failure/cured.ts';
export * from './failure/wrong.ts';
export * from './heartbeat/cured.ts';
export * from './order/cured.ts';
export * from './order/wrong.ts';
export * from './rows/cured.ts';
export * from './rows/wrong.ts';
export * from './secret/cured.ts';
export * from './secret/wrong.ts';
export * from './signal/cured.ts';
export * from './signal/wrong.ts';
