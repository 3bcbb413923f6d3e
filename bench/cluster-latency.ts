import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { workloadAgreements, zonedText } from '../src/generator/index.js';
import { ClusterInBench } from './cluster-program.js';
import { postAgreements } from './inputs.js';
import type { Program } from './program.js';

interface Page {
  readonly messages: readonly unknown[];
  readonly next: number | string;
}

const recordsAFile = 100;
const everyMs = 100;
/** Files before those that count. */
const warmUp = 10;

/** Files of 100 records, one each 100 ms: a record each of 100 other subscribers. */
const otherFiles = (program: Program, others: readonly number[]): (() => Promise<void>) => {
  const stopping = new AbortController();
  const running = (async () => {
    for (let file = 0; !stopping.signal.aborted; file++) {
      const lines = others.map((msisdn, line) => {
        const time = zonedText(Date.UTC(2020, 0, 2) + (file * recordsAFile + line) * 10);
        return `other-${file}-${line};${time};${msisdn};1000\n`;
      });
      const temporary = join(program.incomingDir, `tmp_other_${file}`);
      await writeFile(temporary, lines.join(''));
      await rename(temporary, join(program.incomingDir, `other_${file}.csv`));
      await sleep(everyMs);
    }
  })();
  return () => {
    stopping.abort();
    return running;
  };
};

/**
 * Milliseconds from the rename of a file of one record until the message it causes can be read
 * over HTTP, for `files` files one after the other, beside 1,000 records a second.
 */
export const measureClusterLatency = async (files: number): Promise<number[]> => {
  const cluster = await ClusterInBench.make();
  try {
    const program = await cluster.start();
    await program.answers('/health/ready');
    const all = workloadAgreements({ subscribers: warmUp + files + recordsAFile });
    const agreements = all
      .slice(0, warmUp + files)
      .map((agreement) => ({ ...agreement, maxBytesInBillingPeriod: 1 }));
    const others = all.slice(warmUp + files);
    await postAgreements(program, [...agreements, ...others]);
    const stop = otherFiles(
      program,
      others.map(({ msisdn }) => msisdn),
    );
    const latencies: number[] = [];
    let after: number | string = -1;
    for (const [index, { msisdn, id }] of agreements.entries()) {
      const line = `${id};${zonedText(Date.UTC(2020, 0, 2) + index * 1000)};${msisdn};1\n`;
      const temporary = join(program.incomingDir, `tmp_${index}`);
      await writeFile(temporary, line);
      const path: string = `/api/data-records-aggregates?after=${after}&wait=10`;
      const coming = program.get<Page>(path);
      const startMs = performance.now();
      await rename(temporary, join(program.incomingDir, `one_${index}.csv`));
      const page: Page | undefined = await coming;
      if (page?.messages.length !== 1) throw new Error(`no message for file ${index}`);
      if (index >= warmUp) latencies.push(performance.now() - startMs);
      after = page.next;
    }
    await stop();
    return latencies;
  } finally {
    await cluster.remove();
  }
};
