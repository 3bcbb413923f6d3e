import { buildWhenNeeded } from '../launcher/build.mjs';
import { onceAskedToEnd } from '../launcher/child.mjs';
import { runAndWatch, runProgram } from '../launcher/program.mjs';
import { cassandraServer } from './cassandra.mjs';
import { clusterUp, stopServers } from './commands.mjs';
import { kafkaServer } from './kafka.mjs';
import { isRunning, lastStartOf } from './processes.mjs';
import { readSettings } from './settings.mjs';

const runs = (server) => {
  const start = lastStartOf(server);
  return start !== undefined && isRunning(server, start);
};

/** One node each, so one copy; what is said in the environment stays. */
const tellProgram = (env, { kafkaPort, cassandraPort }) => {
  env.STORE = 'cluster';
  env.KAFKA_BOOTSTRAP_SERVERS = `127.0.0.1:${kafkaPort}`;
  env.CASSANDRA_CONTACT_POINT = `127.0.0.1:${cassandraPort}`;
  env.KAFKA_REPLICATION_FACTOR ||= '1';
  env.CASSANDRA_REPLICATION_FACTOR ||= '1';
  env.DATA_RECORD_TABLE ||= 'on';
  env.GENERATOR ||= 'on'; // it is for trying things out
};

/** Answers with the exit code of the first step that fails, or that of the program. */
const runAll = async (settings, args, wasAsked) => {
  tellProgram(process.env, settings);
  const steps = [
    () => clusterUp([]),
    async () => ((await buildWhenNeeded()) ? 0 : 1),
    () => runProgram(['migrate']),
    () => runAndWatch(args),
  ];
  for (const step of steps) {
    const code = await step();
    if (code !== 0 || wasAsked()) return code;
  }
  return 0;
};

/**
 * Starts Kafka and Cassandra as `cluster:up` does, makes keyspace and topics, and runs the program
 * on them, again and again as sources change. At its end it stops the servers it had started; those
 * that ran before go on. Answers with the exit code.
 */
export const clusterDev = async (args) => {
  const { settings } = readSettings(process.env);
  // its faults are told by cluster:up
  if (settings === undefined) return clusterUp([]);
  const servers = [kafkaServer(settings), cassandraServer(settings)];
  const own = servers.filter((server) => !runs(server));
  let wasAsked = false;
  const release = onceAskedToEnd(() => (wasAsked = true));
  try {
    return await runAll(settings, args, () => wasAsked);
  } finally {
    const others = servers.filter((server) => !own.includes(server) && runs(server));
    for (const { title } of others) console.error(`${title}: ran before, goes on`);
    if (own.some(runs)) console.error('The servers this command started are stopped; data stays.');
    await stopServers(own.filter(runs), settings);
    release();
  }
};
