import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Specs are run from the top of the tree. */
const root = process.cwd();
const described = join(root, 'test/nightly/suites');
const installed = join(root, 'node_modules/.cache/suites');

/** How a command ended, and everything it printed. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a command to its end. Throws when there is no such command. */
export const run = (command: string, args: readonly string[], cwd = root): Ended => {
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const maxBuffer = 256 * 1024 * 1024;
  const ended = spawnSync(command, [...args], { cwd, env, encoding: 'utf8', maxBuffer });
  if (ended.error !== undefined) throw ended.error;
  return { code: ended.status, output: ended.stdout + ended.stderr };
};

const mustRun = (command: string, args: readonly string[], cwd: string): void => {
  const { code, output } = run(command, args, cwd);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
};

/** Rules and client may change where the lock does not. */
const copyDescribed = (): void => {
  mkdirSync(installed, { recursive: true });
  cpSync(described, installed, {
    recursive: true,
    filter: (path) => !path.startsWith(join(described, 'node_modules')),
  });
};

/**
 * The linters and generators of test/nightly/suites, installed from their own lock into the cache:
 * they weigh more than the program and are no part of it. Answers their folder.
 */
export const installSuites = (): string => {
  const stamp = join(installed, 'installed-lock.json');
  const lock = readFileSync(join(described, 'package-lock.json'), 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) {
    copyDescribed();
    return installed;
  }
  rmSync(installed, { recursive: true, force: true });
  copyDescribed();
  mustRun('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], installed);
  writeFileSync(stamp, lock);
  return installed;
};

/** Schemathesis of an exact version in an environment of its own; answers its command. */
export const installSchemathesis = (version: string): string => {
  const folder = join(root, `node_modules/.cache/schemathesis-${version}`);
  const command = join(folder, 'bin/schemathesis');
  if (existsSync(command)) return command;
  mustRun('python3', ['-m', 'venv', folder], root);
  mustRun(join(folder, 'bin/pip'), ['install', '--quiet', `schemathesis==${version}`], root);
  return command;
};

/** Whether Python can make environments here. */
export const hasPython = (): boolean => {
  try {
    return run('python3', ['-c', 'import venv, ensurepip']).code === 0;
  } catch {
    return false;
  }
};
