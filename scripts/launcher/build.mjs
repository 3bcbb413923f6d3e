import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundle } from './bundle.mjs';
import { dist, root } from './places.mjs';

const sourceFolders = ['src', 'bench', 'scripts'];
/** What was built from what: only changed files are built again. */
const manifest = join(dist, '.built.json');
const entry = join(dist, 'main.js');

const isSource = (path) => !/\.spec\.ts$|\.d\.ts$|\.md$|\.mjs$/.test(path);

/** Every file that has a place in dist, with a mark that changes when the file does. */
const sourcesNow = () => {
  const sources = {};
  for (const folder of sourceFolders.filter((name) => existsSync(join(root, name)))) {
    for (const found of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = join(found.parentPath, found.name);
      if (!found.isFile() || !isSource(path)) continue;
      const { mtimeMs, size } = statSync(path);
      sources[path.slice(root.length + 1)] = `${mtimeMs} ${size}`;
    }
  }
  return sources;
};

const thatDecide = ['.swcrc', 'package-lock.json', 'scripts/launcher/bundle.mjs'];

/** Changes with whatever makes the same source come out differently. */
const settingsMark = () => {
  const hash = createHash('sha256');
  for (const path of thatDecide) hash.update(readFileSync(join(root, path)));
  return hash.digest('hex');
};

const builtBefore = () => {
  try {
    return JSON.parse(readFileSync(manifest, 'utf8'));
  } catch {
    return { mark: '', sources: {} };
  }
};

const targetOf = (source) => join(dist, source.replace(/\.ts$/, '.js'));

const buildOne = async (swc, source) => {
  const target = targetOf(source);
  mkdirSync(dirname(target), { recursive: true });
  if (!source.endsWith('.ts')) return copyFile(join(root, source), target);
  const { code, map } = await swc.transformFile(join(root, source), {
    configFile: join(root, '.swcrc'),
    sourceFileName: join(root, source),
  });
  const name = target.slice(dirname(target).length + 1);
  await writeFile(`${target}.map`, map ?? '');
  return writeFile(target, `${code}\n//# sourceMappingURL=${name}.map\n`);
};

const remove = (source) => {
  const target = targetOf(source);
  for (const path of [target, `${target}.map`]) rmSync(path, { force: true });
};

/** The compiler's message without the stack of its own code. */
const whereAndWhat = (reason) => String(reason).split(/\n+(?:Caused by|Stack backtrace):/)[0];

/** Builds what changed. A file that cannot be read as TypeScript is told, the others are built. */
const build = async (swc, sources, before) => {
  const changed = Object.keys(sources).filter((path) => before.sources[path] !== sources[path]);
  for (const path of Object.keys(before.sources)) if (!(path in sources)) remove(path);
  const outcomes = await Promise.allSettled(changed.map((path) => buildOne(swc, path)));
  const failed = changed.filter((_, i) => outcomes[i].status === 'rejected');
  for (const { reason } of outcomes) if (reason) console.error(whereAndWhat(reason));
  const built = Object.fromEntries(
    Object.entries(sources).filter(([path]) => !failed.includes(path)),
  );
  return { built, failed, count: changed.length };
};

/** A machine without the compilers takes dist as it is. */
const compilersOrNothing = async () => {
  try {
    return { swc: await import('@swc/core'), esbuild: await import('esbuild') };
  } catch (error) {
    if (existsSync(entry)) return undefined;
    throw error;
  }
};

/** Builds dist when it is older than the source; answers whether it can be run. */
export const buildWhenNeeded = async () => {
  const sources = sourcesNow();
  const mark = settingsMark();
  let before = builtBefore();
  if (before.mark !== mark) before = { mark, sources: {} };
  if (JSON.stringify(before.sources) === JSON.stringify(sources) && existsSync(entry)) return true;
  const compilers = await compilersOrNothing();
  if (compilers === undefined) return true;
  const startedAtMs = performance.now();
  if (Object.keys(before.sources).length === 0) rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const { built, failed, count } = await build(compilers.swc, sources, before);
  if (failed.length === 0) await bundle(compilers.esbuild);
  await writeFile(manifest, JSON.stringify({ mark, sources: built }));
  const ms = Math.round(performance.now() - startedAtMs);
  console.error(`Built ${count - failed.length} of ${count} changed files into dist (${ms} ms).`);
  return failed.length === 0;
};
