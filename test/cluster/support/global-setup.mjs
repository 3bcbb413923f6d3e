import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { freePorts } from '../../support/free-ports.mjs';
import { newNotes, runCommand, stopNoted, stopNow } from './global-commands.mjs';

const hasTool = (program, option) => spawnSync(program, [option]).error === undefined;

/** A run that is ended from outside never comes to its teardown. */
const stopWhenEndedEarly = () => {
  const stop = () => {
    const env = globalThis.overageSharedServers;
    globalThis.overageSharedServers = undefined;
    stopNoted();
    if (env !== undefined) stopNow(env);
  };
  process.once('exit', stop);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      stop();
      process.exit(1);
    });
  }
};

/** Its topic of positions has four partitions; these groups are on all of them. */
const groups = Array.from({ length: 16 }, (_, number) => `first-${number}`);

/** A new Kafka makes its inner topics when they are first asked for, and refuses all until then. */
const untilKafkaIsWarm = async (port) => {
  const options = { brokers: [`127.0.0.1:${port}`], logLevel: kafkajs.logLevel.NOTHING };
  const admin = new kafkajs.Kafka(options).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'first' }] });
  for (let tries = 1; ; tries++) {
    try {
      for (const groupId of groups) await admin.fetchOffsets({ groupId, topics: ['first'] });
      return await admin.disconnect();
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(100);
    }
  }
};

/** What the specs read. */
const given = ['OVERAGE_TEST_KAFKA_PORT', 'OVERAGE_TEST_CASSANDRA_PORT'];

/**
 * One pair of servers for all specs of the project that kill none: their ports are told in
 * OVERAGE_TEST_KAFKA_PORT and OVERAGE_TEST_CASSANDRA_PORT, unless one was set. Each spec uses
 * a keyspace and topics of its own. Without Java and Maven there are none, and the specs skip.
 */
const setup = async () => {
  newNotes();
  stopWhenEndedEarly();
  if (given.some((name) => process.env[name])) return;
  const { JAVA_HOME: home } = process.env;
  const java = home ? join(home, 'bin/java') : 'java';
  if (!hasTool(java, '-version') || !hasTool('mvn', '--version')) return;
  const [kafka, controller, cassandra, storage] = (await freePorts(4)).map(String);
  const dataDir = mkdtempSync(join(tmpdir(), 'overage-shared-'));
  const env = {
    DATA_DIR: dataDir,
    KAFKA_PORT: kafka,
    KAFKA_CONTROLLER_PORT: controller,
    CASSANDRA_PORT: cassandra,
    CASSANDRA_STORAGE_PORT: storage,
  };
  globalThis.overageSharedServers = env;
  const { code, output } = await runCommand('up', env);
  if (code !== 0) throw new Error(`the servers of the specs did not start:\n${output}`);
  await untilKafkaIsWarm(kafka);
  process.env.OVERAGE_TEST_KAFKA_PORT = kafka;
  process.env.OVERAGE_TEST_CASSANDRA_PORT = cassandra;
};

export default setup;
