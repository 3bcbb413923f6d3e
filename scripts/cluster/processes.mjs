import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a server may take to end by itself, in milliseconds. */
const endMs = 30_000;

const pidFile = (server) => join(server.folder, 'pid.json');

/** Where a server writes; the one of the start before is kept beside it. */
export const logOf = (server) => join(server.folder, 'server.log');

/** Stands in the command line of the process, so that no other is ever taken for it. */
const markOf = (server) => `-Doverage.server=${server.folder}`;

const hasProc = existsSync('/proc/self/cmdline');

const ps = (field, pid) =>
  spawnSync('ps', ['-ww', '-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';

const proc = (file, pid) => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
};

/** Empty when there is no such process, or when it has ended and nobody has asked for its code. */
const commandLineOf = (pid) =>
  hasProc ? proc('cmdline', pid).replaceAll('\0', ' ') : ps('args', pid);

/** The memory a process holds, in bytes; 0 when it is gone. */
export const residentBytesOf = (pid) => {
  const kib = hasProc ? /^VmRSS:\s*(\d+)/m.exec(proc('status', pid))?.[1] : ps('rss', pid);
  return Number(kib ?? 0) * 1024;
};

/**
 * What is known of the server's last start, {pid, port, version, startedAtMs}, or undefined when
 * there was none or it was stopped by `cluster:down`.
 */
export const lastStartOf = (server) => {
  try {
    return JSON.parse(readFileSync(pidFile(server), 'utf8'));
  } catch {
    return undefined;
  }
};

/** Whether the process of that start runs; another process with its number does not count. */
export const isRunning = (server, start) =>
  `${commandLineOf(start.pid)} `.includes(` ${markOf(server)} `);

/** Forgets the last start: it was stopped, or never came to be. */
export const forgetStart = (server) => rmSync(pidFile(server), { force: true });

/**
 * Starts a server that outlives this command, writing to its log. Answers with the start as
 * `lastStartOf` does.
 */
export const startServer = (server, { java, args, version }) => {
  const log = logOf(server);
  if (existsSync(log)) renameSync(log, join(server.folder, 'server.before.log'));
  const out = openSync(log, 'a');
  const stdio = ['ignore', out, out];
  const child = spawn(java, [markOf(server), ...args], { detached: true, stdio });
  closeSync(out);
  child.unref();
  const start = { pid: child.pid, port: server.port, version, startedAtMs: Date.now() };
  writeFileSync(pidFile(server), JSON.stringify(start));
  return start;
};

const hasEnded = async (server, start) => {
  for (const beganMs = Date.now(); Date.now() - beganMs < endMs;) {
    if (!isRunning(server, start)) return true;
    await sleep(100);
  }
  return false;
};

const signal = (server, start, name) => {
  if (isRunning(server, start)) process.kill(start.pid, name);
};

/** Ends the process of that start; one that does not hear is ended by force. Answers with how. */
export const stopServer = async (server, start) => {
  signal(server, start, 'SIGTERM');
  let how = 'cleanly';
  if (!(await hasEnded(server, start))) {
    how = 'by force';
    signal(server, start, 'SIGKILL');
    await hasEnded(server, start);
  }
  forgetStart(server);
  return how;
};

/** The last lines of the server's log that are not a place in its code. */
export const lastLogLines = (server, count = 12) => {
  const lines = readFileSync(logOf(server), 'utf8').trimEnd().split('\n');
  return lines
    .filter((line) => !/^\s+at /.test(line))
    .slice(-count)
    .join('\n');
};
