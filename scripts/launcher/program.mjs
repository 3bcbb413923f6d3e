import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildWhenNeeded } from './build.mjs';
import { onceAskedToEnd, runNode, startNode } from './child.mjs';
import { dist, root } from './places.mjs';

const main = join(dist, 'main.js');

/** Runs the built program with these arguments; answers with its exit code. */
export const runProgram = async (args) => runNode([main, ...args]);

/** Runs another built file, such as `bench/run.js`. */
export const runFile = async (file, args) => runNode([join(dist, file), ...args]);

/** Resolves when a source changed and nothing more did for a moment: editors write in steps. */
const sourceChanged = () => {
  const watchers = [];
  const changed = new Promise((resolve) => {
    let settle;
    for (const folder of ['src', 'web'].filter((name) => existsSync(join(root, name)))) {
      const onChange = (_, path) => {
        if (path === null || /\.spec\.ts$|~$|\.sw[px]$/.test(path)) return;
        clearTimeout(settle);
        settle = setTimeout(resolve, 150);
      };
      watchers.push(watch(join(root, folder), { recursive: true }, onChange));
    }
  });
  return {
    changed: changed.then(() => 'changed'),
    stop: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
};

/** Asks the program to end and waits; one that does not hear is ended by force. */
const stopRun = async (run) => {
  if (run === undefined) return;
  run.child.kill('SIGTERM');
  const isSlow = await Promise.race([
    run.ended.then(() => false),
    sleep(5_000, true, { ref: false }),
  ]);
  if (isSlow) run.child.kill('SIGKILL');
  await run.ended;
};

const never = new Promise(() => {});

/** A program that is started again and again; `ended` is pending while none runs. */
class WatchedProgram {
  #run;
  #starts = 0;

  constructor(args) {
    this.args = args;
  }

  get ended() {
    return this.#run?.ended.then(({ code }) => code) ?? never;
  }

  /** Whether a change already made it start a second time. */
  get wasChanged() {
    return this.#starts > 1;
  }

  /** Builds and starts, the one before ended first; when it cannot be built, that one stays. */
  async start() {
    this.#starts++;
    if (!(await buildWhenNeeded())) {
      console.error('It could not be built; waiting for a change.');
      return;
    }
    if (this.#starts > 1) console.error('A source changed: starting again.');
    await stopRun(this.#run);
    this.#run = startNode(['--enable-source-maps', main, ...this.args]);
  }

  /** It ended by itself. */
  forget(code) {
    console.error(`The program ended with code ${code}; waiting for a change.`);
    this.#run = undefined;
  }

  /** Answers with the exit code; 0 when none runs. */
  async stop() {
    this.#run?.child.kill('SIGTERM');
    return this.#run === undefined ? 0 : this.ended;
  }
}

/**
 * Runs the program, builds and starts it again when a source changes. A program that ends by
 * itself before the first change ends the watch with its exit code: that is a fault of the
 * settings or the machine. Later it is a fault of the change, and the next change is waited for.
 */
export const runAndWatch = async (args) => {
  const asked = new Promise((resolve) => onceAskedToEnd(() => resolve('asked')));
  const program = new WatchedProgram(args);
  let watching = sourceChanged();
  await program.start();
  for (;;) {
    const event = await Promise.race([asked, watching.changed, program.ended]);
    if (event === 'changed') {
      watching.stop();
      watching = sourceChanged();
      await program.start();
    } else if (event === 'asked') {
      return stopWatching(watching, await program.stop());
    } else if (!program.wasChanged) {
      return stopWatching(watching, event);
    } else {
      program.forget(event);
    }
  }
};

const stopWatching = (watching, code) => {
  watching.stop();
  return code;
};
