import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './places.mjs';

const lock = join(root, 'package-lock.json');
/** npm writes this one last, so it is not there after an installation that was cut off. */
const installedLock = join(root, 'node_modules/.package-lock.json');
/** Which lock the last installation from here was made of; a newer date alone says little. */
const stamp = join(root, 'node_modules/.overage-lock');

const fingerprint = () => createHash('sha256').update(readFileSync(lock)).digest('hex');

const isStamped = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint();

/** Why the packages have to be installed, or undefined when they need not. */
const reasonToInstall = () => {
  if (!existsSync(installedLock)) return 'node_modules is missing or incomplete';
  const isOlder = statSync(installedLock).mtimeMs < statSync(lock).mtimeMs;
  return isOlder && !isStamped() ? 'package-lock.json is newer than node_modules' : undefined;
};

/** Runs npm itself when it started us, so that no other npm on the path is taken. */
const npmCi = () => {
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  return npm?.endsWith('.js') === true
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
};

/** `npm ci` empties the folder first, also one that another checkout lives on. */
const isLinked = () =>
  lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink();

/** Installs from the lock when needed; answers whether the packages are there. */
export const installWhenNeeded = async () => {
  const reason = reasonToInstall();
  if (reason === undefined) return true;
  if (isLinked()) {
    console.error(`Packages have to be installed: ${reason}. But node_modules is a link, and what
it leads to would be emptied: remove the link, then start this again.`);
    return false;
  }
  console.error(`Installing packages: ${reason} (npm ci, about a minute).`);
  const { status, signal, error } = npmCi();
  if (status !== 0) {
    const what = error?.message ?? signal ?? `exit code ${status}`;
    console.error(`npm ci failed: ${what}. Once it is mended, start this again.`);
    return false;
  }
  writeFileSync(stamp, fingerprint());
  return true;
};
