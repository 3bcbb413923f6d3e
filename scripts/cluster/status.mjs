import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, lastStartOf, logOf, residentBytesOf } from './processes.mjs';

const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Files may go while they are counted. */
const diskBytesOf = (path) => {
  try {
    return statSync(path).blocks * 512;
  } catch {
    return 0;
  }
};

/** What a folder takes on the disk; 0 when it is not there. */
const folderBytes = (folder) => {
  try {
    return readdirSync(folder, { recursive: true }).reduce(
      (total, name) => total + diskBytesOf(join(folder, name)),
      0,
    );
  } catch {
    return 0;
  }
};

const healthOf = async (server, start) => {
  try {
    await server.ask(start.port);
    return { answers: true, text: `running, answers on 127.0.0.1:${start.port}` };
  } catch (error) {
    const reason = error.code ?? error.message;
    return {
      answers: false,
      text: `running, but does not answer on 127.0.0.1:${start.port} (${reason})`,
    };
  }
};

const linesOf = async (server) => {
  const { title } = server;
  const data = `data ${mib(folderBytes(server.dataFolder))} in ${server.dataFolder}`;
  const start = lastStartOf(server);
  if (start === undefined) return { answers: false, lines: [`${title}: not running`, data] };
  const since = new Date(start.startedAtMs).toISOString();
  if (!isRunning(server, start)) {
    const gone = `pid ${start.pid}, started ${since}, ended without \`cluster:down\``;
    const lines = [`${title}: not running; ${gone}`, data, `log ${logOf(server)}`];
    return { answers: false, lines };
  }
  const { answers, text } = await healthOf(server, start);
  const memory = mib(residentBytesOf(start.pid));
  const lines = [
    `${title} ${start.version}: ${text}`,
    `pid ${start.pid}, since ${since}, memory ${memory}`,
    data,
    `log ${logOf(server)}`,
  ];
  return { answers, lines };
};

/** Prints what is known of each server; answers with 0 when all of them answer, else with 1. */
export const status = async (servers) => {
  const found = await Promise.all(servers.map(linesOf));
  for (const { lines } of found) console.log(lines.join('\n  '));
  return found.every(({ answers }) => answers) ? 0 : 1;
};
