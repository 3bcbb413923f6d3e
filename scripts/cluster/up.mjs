import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterFault } from './cluster-fault.mjs';
import { jarsOf, versionOf } from './jars.mjs';
import { findJava } from './java.mjs';
import {
  forgetStart,
  isRunning,
  lastLogLines,
  lastStartOf,
  logOf,
  startServer,
  stopServer,
} from './processes.mjs';

/** How long a server may take until it answers, and how often that is told; in milliseconds. */
const readyMs = 120_000;
const tellMs = 5_000;

/** Both servers log through logback; only what somebody should read, as the file is not cut. */
const logback = `<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{ISO8601} %-5level %logger{0} - %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="OUT" /></root>
</configuration>
`;

const isFree = (port) =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1' }, () => probe.close(() => resolve(true)));
  });

/** Throws when a port these servers need is taken, naming every one. */
const requireFreePorts = async (servers) => {
  const taken = [];
  for (const [name, port] of servers.flatMap(({ ports }) => Object.entries(ports))) {
    if (!(await isFree(port))) taken.push(`${name}: port ${port} of 127.0.0.1 is taken.`);
  }
  if (taken.length === 0) return;
  throw new ClusterFault(`${taken.join('\n')}
Nothing was started. End what listens there, or choose another port by that variable.`);
};

/** Throws when a server runs on another port than is asked for now. */
const requireSamePort = (server, start) => {
  if (start.port === server.port) return;
  throw new ClusterFault(`${server.title} already runs on port ${start.port} (pid ${start.pid}), \
and ${server.port} is asked for.
Stop it first with \`npm run cluster:down\`; its data stays.`);
};

const logHint = (server) => `Its log, ${logOf(server)}, ends with:\n${lastLogLines(server)}`;

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

const answers = (server) =>
  server.ask(server.port).then(
    () => true,
    () => false,
  );

/** Waits until the server answers; throws when it ends before, or takes too long. */
const waitUntilReady = async (server, start) => {
  const beganMs = Date.now();
  let tellAtMs = beganMs + tellMs;
  while (!(await answers(server))) {
    if (!isRunning(server, start)) {
      forgetStart(server);
      throw new ClusterFault(`${server.title} ended while it started. ${logHint(server)}`);
    }
    const nowMs = Date.now();
    if (nowMs - beganMs > readyMs) {
      await stopServer(server, start);
      const slow = `${server.title} did not answer within ${readyMs / 1000} s and was stopped.`;
      throw new ClusterFault(`${slow} ${logHint(server)}`);
    }
    if (nowMs > tellAtMs) {
      console.error(`${server.title}: starting, ${seconds(nowMs - beganMs)}`);
      tellAtMs += tellMs;
    }
    await sleep(100);
  }
  console.error(
    `${server.title}: answers on 127.0.0.1:${server.port} after ${seconds(Date.now() - beganMs)}`,
  );
};

/** Starts a server and waits until it answers. */
const start = async (server, { java, jars }) => {
  const conf = join(server.folder, 'conf');
  mkdirSync(conf, { recursive: true });
  writeFileSync(join(conf, 'logback.xml'), logback);
  const classPath = `${conf}:${join(jars, '*')}`;
  const args = await server.prepare({ java, jars, classPath });
  const started = startServer(server, { java, args, version: versionOf(server.id) });
  const { pid, version } = started;
  console.error(`${server.title}: starting ${version} (pid ${pid}), log ${logOf(server)}`);
  await waitUntilReady(server, started);
};

const tellRunning = async (server, started) => {
  requireSamePort(server, started);
  const since = new Date(started.startedAtMs).toISOString();
  const { title } = server;
  if (!(await answers(server))) {
    console.error(`${title}: runs (pid ${started.pid}, since ${since}) but does not answer yet`);
    return waitUntilReady(server, started);
  }
  const what = `${title}: ${started.version} already runs on 127.0.0.1:${server.port}`;
  return console.error(`${what} (pid ${started.pid}, since ${since})`);
};

/** What makes this one start: where its Java and its jars are. */
const prepareStarts = async (servers, settings) => {
  const java = await findJava(settings.javaHome);
  await requireFreePorts(servers);
  const prepared = new Map();
  for (const server of servers) {
    prepared.set(server, { java, jars: await jarsOf(server, settings.cacheDir) });
  }
  return prepared;
};

const tellGone = (server) => {
  const last = lastStartOf(server);
  if (last !== undefined) console.error(`${server.title}: pid ${last.pid} is gone, starting again`);
};

/**
 * Makes all servers run: starts those that do not, waits for all. A fault of one does not keep the
 * other from starting; all are told. Answers with the exit code.
 */
export const up = async (servers, settings) => {
  const running = new Map();
  for (const server of servers) {
    const last = lastStartOf(server);
    if (last !== undefined && isRunning(server, last)) running.set(server, last);
  }
  const toStart = servers.filter((server) => !running.has(server));
  toStart.forEach(tellGone);
  const prepared = toStart.length > 0 ? await prepareStarts(toStart, settings) : new Map();
  const outcomes = await Promise.allSettled(
    servers.map((server) =>
      running.has(server)
        ? tellRunning(server, running.get(server))
        : start(server, prepared.get(server)),
    ),
  );
  const reasons = outcomes.flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
  for (const reason of reasons) {
    if (!(reason instanceof ClusterFault)) throw reason;
    console.error(reason.message);
  }
  if (reasons.length > 0) return 1;
  console.error(`Data is in ${settings.folder}. \`npm run cluster:down\` stops both.`);
  return 0;
};
