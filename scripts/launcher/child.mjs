import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './places.mjs';

/** The exit code a shell would show for a process that ended with `code` or by `signal`. */
const exitCodeOf = (code, signal) => code ?? 128 + (constants.signals[signal] ?? 0);

/**
 * Starts Node on a file. `ended` resolves to the exit code; with `capture`, to the output too.
 */
export const startNode = (args, { capture = false } = {}) => {
  const stdio = capture ? ['ignore', 'pipe', 'pipe'] : 'inherit';
  const child = spawn(process.execPath, args, { cwd: root, stdio });
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, output: `${output}${error.message}\n` }));
    child.once('close', (code, signal) => resolve({ code: exitCodeOf(code, signal), output }));
  });
  return { child, ended };
};

/**
 * Runs Node on a file in the foreground and answers with its exit code. The first request to end
 * is passed on, once: on a terminal the child hears Ctrl-C itself as well, and npm repeats it.
 */
export const runNode = async (args) => {
  const { child, ended } = startNode(args);
  const release = onceAskedToEnd(() => child.kill('SIGTERM'));
  const { code } = await ended;
  release();
  return code;
};

/**
 * Calls `end` at the first Ctrl-C or SIGTERM and ignores the later ones; undone by the answer.
 * npm asks only its shell to end, and that does not pass it on: a parent that is gone counts too.
 */
export const onceAskedToEnd = (end) => {
  let wasAsked = false;
  const listener = () => {
    if (!wasAsked) end();
    wasAsked = true;
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, listener);
  const parent = process.ppid;
  const watch = setInterval(() => process.ppid !== parent && listener(), 200).unref();
  if (process.env.npm_lifecycle_event === undefined) clearInterval(watch);
  return () => {
    clearInterval(watch);
    for (const signal of signals) process.off(signal, listener);
  };
};
