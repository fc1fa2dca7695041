/**
 * Preloaded into every thread of the TypeScript worker when a test counts what it executes: on SIGIO
 * the worker writes its counts since the last time into NODE_V8_COVERAGE, and prints COVERED.
 */
import { takeCoverage } from 'node:v8';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

const channel = new BroadcastChannel('coverage');
channel.unref();

if (isMainThread) {
  let threads = 0;
  let waiting = 0;
  const heard = () => {
    if (waiting-- === 0) console.log('COVERED');
  };
  channel.onmessage = ({ data }) => {
    if (data === 'here') threads += 1;
    if (data === 'taken') heard();
  };
  process.on('SIGIO', () => {
    waiting = threads;
    takeCoverage();
    channel.postMessage('take');
    heard();
  });
} else {
  channel.onmessage = ({ data }) => {
    if (data !== 'take') return;
    takeCoverage();
    channel.postMessage('taken');
  };
  channel.postMessage('here');
}
