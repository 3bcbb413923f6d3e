import type { CassandraSession } from './cassandra-session.js';
import { RowBuffer } from './row-buffer.js';
import { Slots } from '../slots.js';

export interface BatchedWriterOptions {
  /** Where a batch of rows of one Cassandra partition is cut; 48 KiB. */
  readonly partitionBatchBytes?: number;
  /** Where a batch of rows of any partitions is cut; 3 KiB. */
  readonly mixedBatchBytes?: number;
  /** Batches on their way at once, of all writes together; 32. */
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
    private readonly session: Pick<CassandraSession, 'statementId' | 'sendRows'>,
    options: BatchedWriterOptions = {},
  ) {
    this.#slots = new Slots(options.batchesInFlight ?? 32);
    this.#partitionBytes = options.partitionBatchBytes ?? 48 * 1024;
    this.#mixedBytes = options.mixedBatchBytes ?? 3 * 1024;
  }

  /**
   * Resolves when every row is acknowledged. Rejects with the first Fault: no further batch is then
   * begun, those on their way are not waited for.
   */
  write(groups: Iterable<RowGroup>): Promise<void> {
    const run = new WriteRun();
    void this.#handOut(groups, run);
    return run.outcome;
  }

  /** Never rejects: the run tells. */
  async #handOut(groups: Iterable<RowGroup>, run: WriteRun): Promise<void> {
    run.begun();
    try {
      for (const group of groups) {
        if (group.length > 0) await this.#writeGroup(group, run);
        if (run.failed) break;
      }
    } catch (error) {
      run.fail(error);
    }
    run.done();
  }

  async #writeGroup(group: RowGroup, run: WriteRun): Promise<void> {
    const limit = group.onePartition ? this.#partitionBytes : this.#mixedBytes;
    for (let row = 0; row < group.length;) {
      const wait = this.#slots.enter();
      if (wait) await wait;
      let rows: RowBuffer;
      try {
        if (run.failed) return this.#slots.leave();
        rows = await this.#buffer(group.statement);
        row = fill(rows, group, { row, limit });
      } catch (error) {
        this.#slots.leave();
        throw error;
      }
      void this.#send(rows, group, run);
    }
  }

  /** Never rejects: the run tells. */
  async #send(rows: RowBuffer, group: RowGroup, run: WriteRun): Promise<void> {
    const { cql } = group.statement;
    run.begun();
    try {
      await this.session.sendRows(cql, rows, group.routingKey);
      // Not after an error: the driver may still hold the memory then.
      this.#free.get(cql)?.push(rows);
    } catch (error) {
      run.fail(error); // before another one is let in
    }
    this.#slots.leave();
    run.done();
  }

  async #buffer(statement: RowStatement): Promise<RowBuffer> {
    const free = this.#free.get(statement.cql)?.pop();
    if (free) {
      free.clear();
      return free;
    }
    const id = await this.session.statementId(statement.cql);
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

/** What one write has on its way. */
class WriteRun {
  /** Resolves when all is done, rejects with the first error. */
  readonly outcome: Promise<void>;
  failed = false;
  #open = 0;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor() {
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  begun(): void {
    this.#open++;
  }

  done(): void {
    if (--this.#open === 0) this.#resolve();
  }

  fail(error: unknown): void {
    this.failed = true;
    this.#reject(error);
  }
}
