import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Settings } from '../config/index.js';
import { refuseHeldStore } from '../platform/embedded/index.js';
import { folderClaimFile } from '../platform/files/folder-claim.js';
import { folderIdFile } from '../platform/files/folder-id.js';
import { finishedFolders } from '../platform/files/incoming-folder.js';
import type { Logger } from '../platform/telemetry/index.js';
import { installationParts, storePath } from '../wiring/embedded/embedded-wiring.js';
import { confirm, type Ask } from './confirm.js';
import type { ResetPlan } from './reset-plan.js';

export interface ResetOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly print: (line: string) => void;
  /** Nobody is asked. */
  readonly yes: boolean;
  readonly ask: Ask | undefined;
  readonly nowMs: number;
}

/**
 * Leaves an installation as new: store, or topics, positions and tables, are emptied, and files
 * that were read are put aside; files that wait are read again by the next start. Asks first.
 * Rejects with STORE_IN_USE or CLUSTER_IN_USE while a program runs, with NOT_CONFIRMED, and with
 * the faults of the servers. One that was broken off is finished by the next.
 */
export const reset = async (options: ResetOptions): Promise<void> => {
  const { settings, logger, print } = options;
  const plan = await planOf(settings, logger);
  const files = finishedFilesPlan(settings, options.nowMs);
  const lines = [...plan.lines, ...files.lines];
  if (lines.length === 0) {
    print('There is nothing to reset: the installation is as new.');
    return;
  }
  print('This takes away, for good:');
  for (const line of plan.lines) print(`  ${line}`);
  if (files.lines.length > 0) print('And puts aside:');
  for (const line of files.lines) print(`  ${line}`);
  await confirm('reset', options);
  await plan.run();
  await files.run();
  print('Done: the installation is as new.');
};

/** The clients of Kafka and Cassandra are loaded only where they are used. */
const planOf = async (settings: Settings, logger: Logger): Promise<ResetPlan> => {
  if (settings.store === 'embedded') return embeddedPlan(settings);
  const { clusterPlan } = await import('./reset-cluster.js');
  return clusterPlan(settings, logger);
};

const embeddedPlan = async (settings: Settings): Promise<ResetPlan> => {
  await refuseHeldStore(storePath(settings.dataDir));
  const parts = installationParts(settings.dataDir);
  return {
    lines: parts.map((part) => resolve(part)),
    run: async () => {
      // who opened it between the question and the answer keeps it
      await refuseHeldStore(storePath(settings.dataDir));
      for (const part of parts) await rm(part, { recursive: true, force: true });
    },
  };
};

/** Folders of files that were read, moved where the next start does not look. */
const finishedFilesPlan = (settings: Settings, nowMs: number): ResetPlan => {
  const root = settings.incomingDataRecordsDir;
  const aside = join(root, `_before-reset-${new Date(nowMs).toISOString().replaceAll(':', '')}`);
  const folders = finishedFolders.filter((name) => hasFiles(join(root, name)));
  return {
    lines: folders.map((name) => `${resolve(root, name)} as ${resolve(aside, name)}`),
    run: async () => {
      await rm(join(root, folderIdFile), { force: true });
      await rm(join(root, folderClaimFile), { force: true });
      if (folders.length > 0) await mkdir(aside, { recursive: true });
      for (const name of folders) await rename(join(root, name), join(aside, name));
    },
  };
};

const hasFiles = (folder: string): boolean => existsSync(folder) && readdirSync(folder).length > 0;
