import { parentPort } from 'node:worker_threads';
import { runSeeds, type SeedRange } from './seeds.js';

// nobody reads where the errors of the simulated processes were made, and it costs a tenth
Error.stackTraceLimit = 5;

parentPort?.on('message', (range: SeedRange) => {
  void runSeeds(range).then((done) => parentPort?.postMessage(done));
});
