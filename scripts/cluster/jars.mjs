import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../launcher/places.mjs';
import { ClusterFault } from './cluster-fault.mjs';
import { runToEnd } from './java.mjs';

const pom = join(root, 'deploy/pom.xml');
const pomText = () => readFileSync(pom, 'utf8');

/** The version deploy/pom.xml names for a server. */
export const versionOf = (id) => {
  const [, version] = new RegExp(`<${id}\\.version>([^<]+)<`).exec(pomText()) ?? [];
  if (version === undefined) throw new Error(`deploy/pom.xml names no version of ${id}`);
  return version;
};

const folderOf = (id, cacheDir) => {
  const mark = createHash('sha256').update(pomText()).digest('hex').slice(0, 8);
  return join(cacheDir, `${id}-${versionOf(id)}-${mark}`);
};

/** Maven's first error says what is wrong; those behind it are advice about Maven. */
const whatWentWrong = (output) => {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const [first = lines.slice(-3).join('\n')] = lines.filter((line) => /^\[ERROR\] ./.test(line));
  return first;
};

/** Runs Maven with the user's own settings, and tells how many files it has fetched. */
const fetch = async ({ id, title }, target) => {
  let told = 0;
  const tellProgress = (output) => {
    const fetched = output.split('Downloaded from').length - 1;
    if (fetched >= told + 100) console.error(`${title}: ${(told = fetched)} files fetched`);
  };
  const args = ['--batch-mode', '--file', pom, '--activate-profiles', id];
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies';
  const command = [...args, goal, '-DincludeScope=runtime', `-DoutputDirectory=${target}`];
  const { code, output } = await runToEnd('mvn', command, tellProgress);
  if (code === undefined) {
    throw new ClusterFault(`Maven is missing: there is no mvn on PATH. It is needed once, to fetch
${title}. Install it (Debian: maven, macOS: brew install maven).`);
  }
  if (code === 0) return;
  throw new ClusterFault(`${title}: Maven could not fetch it.\n${whatWentWrong(output)}
It needs the network, or a mirror or proxy in your own Maven settings (settings.xml).`);
};

/**
 * The folder of a server's jars; fetched by Maven when it is not there. Nobody sees it half full:
 * it is filled under another name.
 */
export const jarsOf = async (server, cacheDir) => {
  const folder = folderOf(server.id, cacheDir);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  console.error(
    `${server.title}: fetching ${versionOf(server.id)} with Maven into ${folder} (once, ` +
      'about 60 MB, half a minute)',
  );
  mkdirSync(cacheDir, { recursive: true });
  try {
    await fetch(server, unfinished);
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
};
