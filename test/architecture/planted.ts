import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './sources.js';

/** How a command of a package ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly output: string;
}

const configFiles = [
  'package.json',
  'tsconfig.json',
  'eslint.config.mjs',
  '.dependency-cruiser.cjs',
] as const;

/**
 * A tree with these files, the rules and packages of this one, and nothing else, in which a
 * check can be shown to fail. It is removed afterwards.
 */
export const inPlantedTree = <T>(
  files: Readonly<Record<string, string>>,
  run: (command: (file: string, args: readonly string[]) => CommandEnd) => T,
): T => {
  const tree = mkdtempSync(join(tmpdir(), 'overage-planted-'));
  try {
    for (const name of configFiles) copyFileSync(join(root, name), join(tree, name));
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    return run((file, args) => {
      const command = [join(tree, 'node_modules', file), ...args];
      const ended = spawnSync(process.execPath, command, { cwd: tree, encoding: 'utf8' });
      return { code: ended.status, output: ended.stdout };
    });
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
};
