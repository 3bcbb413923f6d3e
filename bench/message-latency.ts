import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workloadAgreements, zonedText } from '../src/generator/index.js';
import { postAgreements } from './inputs.js';
import { newDataDir, Program, removeDirectory } from './program.js';

interface Page {
  readonly messages: readonly unknown[];
  readonly next: number;
}

/**
 * Milliseconds from the rename of a file of one record until the message it causes can be read,
 * for `files` files one after the other. Each record exceeds the plan of another agreement.
 */
export const measureLatency = async (files: number): Promise<number[]> => {
  const dataDir = await newDataDir();
  const program = await Program.start(dataDir);
  try {
    await program.answers('/health/ready');
    const agreements = workloadAgreements({ subscribers: files + 1 }).map((agreement) => ({
      ...agreement,
      maxBytesInBillingPeriod: 1,
    }));
    await postAgreements(program, agreements);
    const latencies: number[] = [];
    for (const [index, { msisdn, id }] of agreements.entries()) {
      const line = `${id};${zonedText(Date.UTC(2020, 0, 2) + index * 1000)};${msisdn};1\n`;
      const temporary = join(program.incomingDir, `tmp_${index}`);
      await writeFile(temporary, line);
      const page = program.get<Page>(`/api/data-records-aggregates?after=${index - 1}&wait=10`);
      const startMs = performance.now();
      await rename(temporary, join(program.incomingDir, `one_${index}.csv`));
      if ((await page)?.messages.length !== 1) throw new Error(`no message for file ${index}`);
      if (index > 0) latencies.push(performance.now() - startMs); // the first one warms up
    }
    return latencies;
  } finally {
    await program.stop();
    await removeDirectory(dataDir);
  }
};
