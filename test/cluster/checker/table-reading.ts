import { Client, types } from 'cassandra-driver';
import type {
  DataRecord,
  MessageCopy,
  RowStatus,
  StoredAgreement,
  StoredBook,
  StoredDeadLetter,
  StoredFile,
  StoredRow,
  WaitingRow,
} from './world.js';

type Row = Readonly<Record<string, unknown>>;

const done = 2;

const number = (value: unknown): number => Number(value);
const text = (value: unknown): string => String(value);
const ms = (value: unknown): number => (value as Date).getTime();

/** Scans whole tables of a keyspace, page by page, without any of the program's queries. */
export class TableReading {
  private constructor(
    private readonly client: Client,
    private readonly keyspace: string,
  ) {}

  static async open(port: number, keyspace: string): Promise<TableReading> {
    const client = new Client({
      contactPoints: [`127.0.0.1:${port}`],
      localDataCenter: 'datacenter1',
      encoding: { useBigIntAsLong: true },
      socketOptions: { readTimeout: 60_000 },
      queryOptions: { consistency: types.consistencies.all, fetchSize: 2000 },
    });
    await client.connect();
    return new TableReading(client, keyspace);
  }

  close(): Promise<void> {
    return this.client.shutdown();
  }

  async #all<T>(table: string, read: (row: Row) => T): Promise<T[]> {
    const found: T[] = [];
    const query = `SELECT * FROM ${this.keyspace}.${table}`;
    const result = await this.client.execute(query, [], { prepare: true });
    for await (const row of result) found.push(read(row));
    return found;
  }

  rows(): Promise<StoredRow[]> {
    return this.#all('usage_record', (row) => ({
      ...identityOf(row),
      shard: number(row.shard),
      day: text(row.day),
      version: number(row.version),
      agreementId: row.agreement_id === null ? undefined : text(row.agreement_id),
      recordedBytes: number(row.recorded_bytes),
      status: text(row.status) as RowStatus,
      fileId: number(row.file_id),
      lineNo: number(row.line_no),
    }));
  }

  dataRecords(): Promise<DataRecord[]> {
    return this.#all('data_record', (row) => ({
      ...{ agreementId: text(row.agreement_id), year: number(row.year), month: number(row.month) },
      recordedAtMs: ms(row.recorded_at),
      recordId: text(row.internal_record_id),
      recordedBytes: number(row.recorded_bytes),
    }));
  }

  waitingRows(): Promise<WaitingRow[]> {
    return this.#all('waiting_record', (row) => ({
      ...identityOf(row),
      shard: number(row.shard),
      version: number(row.version),
    }));
  }

  /** From all three tables of agreements; where they differ, each of them stands. */
  async agreements(): Promise<StoredAgreement[]> {
    const found = new Map<string, StoredAgreement>();
    for (const table of ['agreement', 'agreement_by_msisdn', 'agreement_by_version']) {
      const rows = await this.#all(table, (row) => ({
        id: text(row.id),
        msisdn: number(row.msisdn),
        version: number(row.version),
        logPartition: number(row.log_partition),
      }));
      const keys = new Set(rows.map((row) => JSON.stringify(row)));
      for (const [key, { id }] of found) {
        if (!keys.has(key)) throw new Error(`agreement ${id} is not in ${table} as it was`);
      }
      if (found.size === 0) for (const row of rows) found.set(JSON.stringify(row), row);
      else if (found.size !== keys.size) throw new Error(`${table} has ${keys.size} agreements`);
    }
    return [...found.values()];
  }

  async files(): Promise<StoredFile[]> {
    const newest = new Map<number, { seq: number; lines: number; isDone: boolean }>();
    await this.#all('import_progress', (row) => {
      const [id, seq] = [number(row.file_id), number(row.seq)];
      if ((newest.get(id)?.seq ?? -1) > seq) return;
      newest.set(id, { seq, lines: number(row.lines), isDone: row.state === done });
    });
    return this.#all('import_file', (row) => {
      const id = number(row.id);
      const { lines = 0, isDone = false } = newest.get(id) ?? {};
      return { id, name: text(row.name), feed: text(row.feed), lines, isDone };
    });
  }

  /** The newest counts of each file and log partition. */
  async books(): Promise<StoredBook[]> {
    const newest = new Map<string, StoredBook & { version: number }>();
    await this.#all('import_file_count', (row) => {
      const book = {
        ...{ fileId: number(row.file_id), logPartition: number(row.log_partition) },
        ...{ counted: number(row.counted), late: number(row.late), waiting: number(row.waiting) },
        ...{ duplicate: number(row.duplicate), rejected: number(row.rejected) },
        version: number(row.version),
      };
      const key = `${book.fileId} ${book.logPartition}`;
      if ((newest.get(key)?.version ?? -2) < book.version) newest.set(key, book);
    });
    return [...newest.values()];
  }

  deadLetters(): Promise<StoredDeadLetter[]> {
    return this.#all('dead_letter', (row) => ({
      fileId: number(row.file_id),
      lineNo: number(row.line_no),
      logPartition: number(row.log_partition),
      offset: number(row.offset),
      code: text(row.code),
    }));
  }

  messageCopies(): Promise<MessageCopy[]> {
    return this.#all('message', (row) => ({
      ...{ key: text(row.key), revision: number(row.revision), id: text(row.id) },
      ...{ type: text(row.type), value: text(row.value) },
    }));
  }
}

const identityOf = (row: Row) => ({
  msisdn: number(row.msisdn),
  recordedAtMs: ms(row.recorded_at),
  recordId: text(row.record_id),
});
