import { cassandraServer } from './cassandra.mjs';
import { ClusterFault } from './cluster-fault.mjs';
import { kafkaServer } from './kafka.mjs';
import { withLock } from './lock.mjs';
import { forgetStart, isRunning, lastStartOf, stopServer } from './processes.mjs';
import { readSettings, variablesText } from './settings.mjs';
import { status } from './status.mjs';
import { up } from './up.mjs';

const help = `npm run cluster:up      starts Kafka and Cassandra on 127.0.0.1, or says that they run
npm run cluster:down    stops them; their data stays
npm run cluster:status  what runs, where, since when; exit code 0 only when both answer

For work on this program: one node each, no replicas, no passwords. Needs Java 17, and Maven once.
Settings, from the environment:
${variablesText()}`;

const stopOne = async (server) => {
  const start = lastStartOf(server);
  if (start === undefined) return console.error(`${server.title}: does not run`);
  if (!isRunning(server, start)) {
    forgetStart(server);
    return console.error(`${server.title}: does not run; pid ${start.pid} had already ended`);
  }
  console.error(`${server.title}: stopping (pid ${start.pid})`);
  const beganMs = Date.now();
  const how = await stopServer(server, start);
  const seconds = ((Date.now() - beganMs) / 1000).toFixed(1);
  return console.error(`${server.title}: stopped ${how} after ${seconds} s`);
};

const down = async (servers) => {
  await Promise.all(servers.map(stopOne));
  return 0;
};

/** Stops these of the two, whoever started them. */
export const stopServers = async (servers, { folder }) => {
  if (servers.length > 0) await withLock(folder, () => down(servers));
};

/** A command with its settings read and its faults told; each answers with the exit code. */
const command = (run) => async (args) => {
  if (args.length > 0) {
    console.log(help);
    return args.includes('--help') || args.includes('-h') ? 0 : 2;
  }
  const { faults, settings } = readSettings(process.env);
  if (process.platform === 'win32') faults.push('Windows is not supported; use it from WSL.');
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) return 1;
  try {
    return await run([kafkaServer(settings), cassandraServer(settings)], settings);
  } catch (error) {
    // A folder that cannot be written, a full disk: the system's own message says which.
    if (!(error instanceof ClusterFault) && error.syscall === undefined) throw error;
    console.error(error.message);
    return 1;
  }
};

/** Starts Kafka and Cassandra and waits until both answer. */
export const clusterUp = command((servers, settings) =>
  withLock(settings.folder, () => up(servers, settings)),
);

/** Stops those of the two that run. */
export const clusterDown = command((servers, settings) =>
  withLock(settings.folder, () => down(servers)),
);

/** Says what runs. */
export const clusterStatus = command(status);
