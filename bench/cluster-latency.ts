import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { workloadAgreements, zonedText } from '../src/generator/index.js';
import { ClusterInBench } from './cluster-program.js';
import { postAgreements } from './inputs.js';
import type { Program } from './program.js';

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

/** A consumer of the topic of messages; `next` resolves with the next one. */
const messagesOf = async (topic: string) => {
  const brokers = (process.env.KAFKA_BOOTSTRAP_SERVERS ?? '127.0.0.1:9092').split(',');
  const kafka = new Kafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `${topic}-bench` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve());
  });
  let seen = 0;
  let tell = (): void => undefined;
  const eachMessage = (): Promise<void> => {
    seen++;
    tell();
    return Promise.resolve();
  };
  await consumer.run({ eachMessage });
  await joined;
  return {
    /** Resolves once so many messages have come in all. */
    come: async (count: number): Promise<void> => {
      while (seen < count) await new Promise<void>((resolve) => (tell = resolve));
      if (seen > count) throw new Error(`${seen} messages for ${count} files`);
    },
    stop: () => consumer.disconnect(),
  };
};

/**
 * Milliseconds from the rename of a file of one record until a consumer of the topic has the
 * message it causes, for `files` files one after the other, beside 1,000 records a second.
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
    const messages = await messagesOf(cluster.topics.aggregates);
    const stop = otherFiles(
      program,
      others.map(({ msisdn }) => msisdn),
    );
    const latencies: number[] = [];
    for (const [index, { msisdn, id }] of agreements.entries()) {
      const line = `${id};${zonedText(Date.UTC(2020, 0, 2) + index * 1000)};${msisdn};1\n`;
      const temporary = join(program.incomingDir, `tmp_${index}`);
      await writeFile(temporary, line);
      const startMs = performance.now();
      await rename(temporary, join(program.incomingDir, `one_${index}.csv`));
      await messages.come(index + 1);
      if (index >= warmUp) latencies.push(performance.now() - startMs);
    }
    await stop();
    await messages.stop();
    return latencies;
  } finally {
    await cluster.remove();
  }
};
