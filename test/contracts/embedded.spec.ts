import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileSnapshotStore } from '../../src/platform/embedded/index.js';
import { commitPointContract } from './commit-point.contract.js';
import { newDirectory, openEmbedded, removeDirectory } from './embedded-setup.js';
import { eventLogContract } from './event-log.contract.js';
import { snapshotStoreContract, type SnapshotStoreUnderTest } from './snapshot-store.contract.js';

describe('EmbeddedLog as EventLog', () => eventLogContract(() => openEmbedded()));

describe('EmbeddedLog as EventLog, three events a batch', () =>
  eventLogContract(() => openEmbedded(undefined, 3)));

describe('EmbeddedLog as CommitPoint', () => commitPointContract(() => openEmbedded()));

const openSnapshots = async (): Promise<SnapshotStoreUnderTest> => {
  const directory = newDirectory();
  const options = {
    ...{ directory, application: 'usage', stateFormat: 1, storeId: 's' },
    log: () => undefined,
  };
  return {
    store: new FileSnapshotStore(options),
    damage: async (offset) => {
      const name = readdirSync(directory).find((n) => n.startsWith(`usage-${offset}-`));
      const path = join(directory, String(name));
      const bytes = readFileSync(path);
      bytes[bytes.length - 10] ^= 1;
      writeFileSync(path, bytes);
    },
    dispose: async () => removeDirectory(directory),
  };
};

describe('FileSnapshotStore as SnapshotStore', () => snapshotStoreContract(openSnapshots));
