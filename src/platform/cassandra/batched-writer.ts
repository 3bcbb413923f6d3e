import type { CassandraSession } from './cassandra-session.js';
import { sendRows, statementId } from './encoded-batch.js';
import { RowBuffer } from './row-buffer.js';
import { Slots } from './slots.js';

export interface BatchedWriterOptions {
  /** Where a batch of rows of one Cassandra partition is cut; 48 KiB. */
  readonly partitionBatchBytes?: number;
  /** Where a batch of rows of any partitions is cut; 3 KiB. */
  readonly mixedBatchBytes?: number;
  /** Batches on their way at once, of all writes together; 16. */
  readonly batchesInFlight?: number;
}

/** A statement to write rows with: every `?` gets a value, in order. */
export interface RowStatement {
  readonly cql: string;
  readonly values: number;
}

/** Rows of one statement that may share a batch. */
export interface RowGroup {
  readonly statement: RowStatement;
  /** True when all rows are of one Cassandra partition: the batch may then be large. */
  readonly onePartition: boolean;
  readonly routingKey?: Buffer;
  readonly length: number;
  /** Writes the values of one row, by its place in the group. */
  put(to: RowBuffer, row: number): void;
}

/**
 * Writes rows as UNLOGGED batches. The limits of a server (`batch_size_warn_threshold` 5 KiB,
 * `batch_size_fail_threshold` 50 KiB) hold for batches over several partitions; one partition's
 * are cut below the second all the same, as other servers of the protocol do not tell the two
 * apart. Rows are encoded when there is room for their batch: that is the back-pressure.
 */
export class BatchedWriter {
  readonly #slots: Slots;
  readonly #partitionBytes: number;
  readonly #mixedBytes: number;
  /** Memory of batches that came back, by statement. */
  readonly #free = new Map<string, RowBuffer[]>();

  constructor(
    private readonly session: CassandraSession,
    options: BatchedWriterOptions = {},
  ) {
    this.#slots = new Slots(options.batchesInFlight ?? 16);
    this.#partitionBytes = options.partitionBatchBytes ?? 48 * 1024;
    this.#mixedBytes = options.mixedBatchBytes ?? 3 * 1024;
  }

  /**
   * Resolves when every row is acknowledged. Rejects with the first Fault: no further batch is then
   * begun, those on their way are not waited for.
   */
  async write(groups: Iterable<RowGroup>): Promise<void> {
    const run = new WriteRun();
    try {
      for (const group of groups) {
        if (group.length > 0) await this.#writeGroup(group, run);
      }
    } catch (error) {
      run.fail(error);
    }
    await run.ended();
  }

  async #writeGroup(group: RowGroup, run: WriteRun): Promise<void> {
    const limit = group.onePartition ? this.#partitionBytes : this.#mixedBytes;
    for (let row = 0; row < group.length;) {
      const wait = this.#slots.enter();
      if (wait) await wait;
      let rows: RowBuffer | undefined;
      try {
        run.throwIfFailed();
        rows = await this.#buffer(group.statement);
        row = fill(rows, group, { row, limit });
      } catch (error) {
        this.#slots.leave();
        throw error;
      }
      run.add(this.#send(rows, group));
    }
  }

  async #send(rows: RowBuffer, { statement, routingKey }: RowGroup): Promise<void> {
    try {
      const { client } = this.session;
      await this.session.attempt(() => sendRows(client, rows, routingKey), statement.cql);
      // Not after an error: the driver may still hold the memory then.
      this.#free.get(statement.cql)?.push(rows);
    } finally {
      this.#slots.leave();
    }
  }

  async #buffer(statement: RowStatement): Promise<RowBuffer> {
    const free = this.#free.get(statement.cql)?.pop();
    if (free) {
      free.clear();
      return free;
    }
    const { client } = this.session;
    const id = await this.session.attempt(() => statementId(client, statement.cql), statement.cql);
    if (!this.#free.has(statement.cql)) this.#free.set(statement.cql, []);
    return new RowBuffer(id, statement.values, this.#mixedBytes);
  }
}

/** Puts rows from `row` on until the limit is reached, at least one; answers the next row. */
const fill = (
  to: RowBuffer,
  group: RowGroup,
  { row, limit }: { row: number; limit: number },
): number => {
  let next = row;
  while (next < group.length && to.rows < 65_535) {
    to.startRow();
    group.put(to, next);
    next++;
    // The rows are alike, so another one of the mean size tells when the limit would be passed.
    if (to.length + to.length / to.rows > limit) break;
  }
  return next;
};

/** The batches of one write that are on their way. */
class WriteRun {
  #open = 0;
  #failed = false;
  #error: unknown;
  #done: (() => void) | undefined;

  add(batch: Promise<void>): void {
    this.#open++;
    batch.then(
      () => this.#close(),
      (error: unknown) => {
        this.fail(error);
        this.#close();
      },
    );
  }

  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#done?.();
  }

  throwIfFailed(): void {
    if (this.#failed) throw this.#error;
  }

  async ended(): Promise<void> {
    if (this.#open > 0 && !this.#failed) {
      await new Promise<void>((resolve) => (this.#done = resolve));
    }
    this.throwIfFailed();
  }

  #close(): void {
    this.#open--;
    if (this.#open === 0) this.#done?.();
  }
}
