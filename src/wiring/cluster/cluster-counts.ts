import type { MessageTopic } from '../../billing-window/index.js';
import type { CountsOf } from '../../counts.controller.js';
import { FileCounts } from '../../import/adapters/cassandra-file-counts.js';
import type { CassandraSession } from '../../platform/cassandra/index.js';

/** Messages that are read at a time to count them. */
const messagesPerRead = 2000;
const readsPerCall = 5;
/** So many rows are looked at where there is no file; more are counted as so many. */
const mostRowsWithoutFile = 1000;

const someRows =
  'SELECT msisdn, recorded_at, record_id FROM usage_record ' + `LIMIT ${mostRowsWithoutFile}`;

interface CountedParts {
  readonly session: Pick<CassandraSession, 'query'>;
  readonly status: { agreements(): Promise<number> };
  readonly messages: MessageTopic;
}

/** How many messages the topic holds. Offsets cannot tell: markers of transactions have some. */
export class MessageCount {
  /** By partition, the first offset that was not read. */
  readonly #next = new Map<number, number>();
  #counted = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly reader: MessageTopic) {}

  /** Exact once all was read once, a part of it with each call; until then an upper bound. */
  now(): Promise<number> {
    const counted = this.#last.then(() => this.#count());
    this.#last = counted.catch(() => undefined);
    return counted;
  }

  async #count(): Promise<number> {
    const ends = await this.reader.ends();
    let unread = this.#unread(ends);
    for (let reads = 0; reads < readsPerCall && unread.size > 0; reads++) {
      const found = await this.reader.read(unread, messagesPerRead);
      for (const { partition, offset } of found) this.#next.set(partition, offset + 1);
      this.#counted += found.length;
      // all was read: what is left up to the ends are markers
      if (found.length < messagesPerRead) this.#passed(ends);
      unread = this.#unread(ends);
    }
    const offsets = [...unread].map(([partition, from]) => (ends.get(partition) ?? from) - from);
    return offsets.reduce((sum, left) => sum + left, this.#counted);
  }

  #unread(ends: ReadonlyMap<number, number>): Map<number, number> {
    const next = [...ends.keys()].map((partition) => [partition, this.#next.get(partition) ?? 0]);
    return new Map(
      (next as [number, number][]).filter(([partition, from]) => from < (ends.get(partition) ?? 0)),
    );
  }

  #passed(ends: ReadonlyMap<number, number>): void {
    for (const [partition, end] of ends) {
      this.#next.set(partition, Math.max(end, this.#next.get(partition) ?? 0));
    }
  }
}

/**
 * Counts for the first page. Agreements: what the owners of the partitions have told, a second old
 * at most. Files: those registered. Records: those of files, counted, late or waiting by their
 * books; those that came without a file only where there is no file at all, and then up to 1,000.
 * Messages: those in the topic. Not for accounts: `verify` is.
 */
export const clusterCounts = ({ session, status, messages }: CountedParts): CountsOf => {
  const files = new FileCounts(session);
  const messageCount = new MessageCount(messages);
  return async () => {
    const [agreements, ofFiles, sent] = await Promise.all([
      status.agreements(),
      files.now(),
      messageCount.now(),
    ]);
    const records = ofFiles.files > 0 ? ofFiles.records : await rowsWithoutFile(session);
    return { agreements, ...ofFiles, records, messages: sent, lastMessageOffset: null };
  };
};

const rowsWithoutFile = async (session: Pick<CassandraSession, 'query'>): Promise<number> => {
  const rows = await session.query(someRows);
  const identities = rows.map((row) =>
    [row['msisdn'], Number(row['recorded_at']), row['record_id']].map(String).join('/'),
  );
  return new Set(identities).size;
};
