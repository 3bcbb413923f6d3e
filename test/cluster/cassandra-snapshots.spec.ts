import { CassandraSnapshotStore } from '../../src/platform/cassandra/index.js';
import type { Position } from '../../src/streaming/index.js';
import { snapshotStoreContract } from '../contracts/snapshot-store.contract.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { KeyspaceInTest } from './support/keyspace-in-test.js';

jest.setTimeout(180_000);

let keyspace: KeyspaceInTest;
let partition = 0;
const told: string[] = [];

beforeAll(async () => {
  if (testOnServers === test) keyspace = await KeyspaceInTest.open({ shards: 4, partitions: 2 });
});

afterAll(() => keyspace?.close());

const newStore = (
  options: Partial<ConstructorParameters<typeof CassandraSnapshotStore>[0]> = {},
): CassandraSnapshotStore =>
  new CassandraSnapshotStore({
    session: keyspace.session,
    application: 'usage',
    stateFormat: 1,
    partition,
    pauseMs: () => Promise.resolve(),
    now: () => Date.now(),
    log: (line) => told.push(line),
    ...options,
  });

const idsAt = async (offset: number): Promise<unknown[]> =>
  (
    await keyspace.rows(
      'SELECT snapshot_id FROM snapshot WHERE application = ? AND log_partition = ? ' +
        'AND "offset" = ?',
      ['usage', partition, offset],
    )
  ).map(({ snapshot_id }) => snapshot_id);

const describeOnServers = testOnServers === test ? describe : describe.skip;

describeOnServers(chapterOnServers('snapshots in Cassandra'), () => {
  snapshotStoreContract(async () => {
    partition++;
    return {
      store: newStore(),
      damage: async (offset) => {
        for (const id of await idsAt(offset)) {
          await keyspace.client.execute(
            'UPDATE snapshot_chunk SET bytes = 0x0007 WHERE snapshot_id = ? AND chunk_no = 0',
            [id],
            { prepare: true },
          );
        }
      },
      dispose: () => Promise.resolve(),
    };
  });

  test('one whose chunk is missing is passed over and told', async () => {
    partition++;
    const store = newStore();
    await store.save({ offset: 1, cursor: 0 }, [Uint8Array.of(1)]);
    await store.save({ offset: 2, cursor: 0 }, [Uint8Array.of(2)]);
    const [id] = await idsAt(2);
    await keyspace.client.execute(
      'DELETE FROM snapshot_chunk WHERE snapshot_id = ? AND chunk_no = 0',
      [id],
    );
    const snapshot = await newStore().newestAtOrBelow({ offset: 5, cursor: 0 });
    expect(snapshot?.position.offset).toBe(1);
    expect(told.at(-1)).toContain('at 2 is not used');
  });

  test('keeps the newest two, and no chunk of an older one', async () => {
    partition++;
    const store = newStore();
    for (const offset of [1, 2, 3, 4]) {
      await store.save({ offset, cursor: 0 }, [Uint8Array.of(offset)]);
    }
    const ids = [...(await idsAt(3)), ...(await idsAt(4))].map(String);
    expect(await idsAt(1)).toEqual([]);
    expect(await idsAt(2)).toEqual([]);
    const chunks = await keyspace.rows('SELECT DISTINCT snapshot_id, chunk_no FROM snapshot_chunk');
    const own = chunks.filter(({ snapshot_id }) => ids.includes(String(snapshot_id)));
    expect(own).toHaveLength(2);
  });

  test('one of another format is passed over', async () => {
    partition++;
    await newStore().save({ offset: 1, cursor: 0 }, [Uint8Array.of(1)]);
    await newStore({ stateFormat: 2 }).save({ offset: 2, cursor: 0 }, [Uint8Array.of(2)]);
    const snapshot = await newStore().newestAtOrBelow({ offset: 2, cursor: 0 });
    expect(snapshot?.position.offset).toBe(1);
    expect(told.at(-1)).toContain('another version');
  });

  test('an owner that lost the partition does not remove what the new one saved', async () => {
    partition++;
    await newStore().save({ offset: 1, cursor: 0 }, [Uint8Array.of(1)]);
    await newStore().save({ offset: 7, cursor: 0 }, [Uint8Array.of(7)]);
    await newStore().save({ offset: 9, cursor: 0 }, [Uint8Array.of(9)]);
    await newStore().save({ offset: 2, cursor: 0 }, [Uint8Array.of(2)]);
    const snapshot = await newStore().newestAtOrBelow({ offset: 9, cursor: 0 });
    expect(snapshot?.position.offset).toBe(9);
  });
});

describeOnServers(chapterOnServers('a snapshot above the committed position'), () => {
  const restoreAt2 = (committed: () => Promise<Position>): Promise<unknown> =>
    newStore({ committed }).newestAtOrBelow({ offset: 2, cursor: 0 });

  beforeEach(async () => {
    partition++;
    await newStore().save({ offset: 7, cursor: 0 }, [Uint8Array.of(7)]);
  });

  test('halts the partition when the position was lost', async () => {
    const restored = restoreAt2(() => Promise.resolve({ offset: 2, cursor: 0 }));
    await expect(restored).rejects.toMatchObject({
      code: 'POSITION_LOST',
      reaction: 'StateCorrupt',
    });
    expect(await idsAt(7)).toHaveLength(1);
  });

  test('begins anew when another process has gone on, seen a little later', async () => {
    let asked = 0;
    const restored = restoreAt2(() => Promise.resolve({ offset: ++asked < 3 ? 2 : 7, cursor: 0 }));
    await expect(restored).rejects.toMatchObject({ code: 'POSITION_MOVED', reaction: 'Fenced' });
    expect(await idsAt(7)).toHaveLength(1);
  });
});
