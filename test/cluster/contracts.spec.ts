import { cassandraRecordRowStore } from '../../src/ingest/adapters/cassandra-record-row-store.js';
import { CassandraUsageWriter } from '../../src/ingest/adapters/cassandra-usage-writer.js';
import { startOfLog } from '../../src/streaming/index.js';
import { commitPointContract } from '../contracts/commit-point.contract.js';
import { partitionLogContract } from '../contracts/event-log.contract.js';
import { recordRowsContract } from '../contracts/record-rows.contract.js';
import { chapterOnServers, hasServers } from './support/cluster-in-test.js';
import { KeyspaceInTest } from './support/keyspace-in-test.js';
import { closeNotes, openNotes, openNoteServers } from './support/note-partition.js';

jest.setTimeout(120_000);

const describeOnServers = hasServers ? describe : describe.skip;

describeOnServers(chapterOnServers('the ports of the kernel on Kafka and Cassandra'), () => {
  beforeAll(openNoteServers);
  afterAll(closeNotes);

  describe('a partition of a topic as PartitionLog, three events a batch', () =>
    partitionLogContract(() => openNotes({ batchEvents: 3 })));

  describe('rows first, then a transaction, as CommitPoint', () =>
    commitPointContract(() => openNotes({})));

  describe('rows a step asks for, out of a keyspace', () => {
    const shards = 6;
    let keyspace: KeyspaceInTest;
    let firstMsisdn = 48_000_000_000;
    beforeAll(async () => {
      keyspace = await KeyspaceInTest.open({ shards, partitions: 3 });
    });
    afterAll(() => keyspace.close());

    recordRowsContract(() => {
      firstMsisdn += 1000;
      const writer = new CassandraUsageWriter(keyspace.session, { partition: 1, shards });
      writer.startAt(startOfLog);
      return Promise.resolve({
        firstMsisdn,
        rows: cassandraRecordRowStore(keyspace.session, { shards }),
        write: (rows) => {
          const offset = rows.length === 0 ? 1 : rows.versions[rows.length - 1] + 1;
          return writer.write({ rows: [rows], messages: [] }, { offset, cursor: 0 });
        },
        dispose: () => Promise.resolve(),
      });
    }, 25);
  });

  test('an owner that was shut out commits nothing', async () => {
    const older = await openNotes({});
    await older.commitPoint.fence();
    const newer = await older.another();
    expect(await newer.commitPoint.fence()).toEqual(startOfLog);
    const effects = { rows: [], messages: [] };
    const late = older.commitPoint.commit(effects, { offset: 5, cursor: 0 });
    await expect(late).rejects.toMatchObject({ reaction: 'Fenced' });
    await newer.commitPoint.commit(effects, { offset: 3, cursor: 0 });
    expect(await newer.commitPoint.fence()).toEqual({ offset: 3, cursor: 0 });
    await newer.dispose();
    await older.dispose();
  });
});
