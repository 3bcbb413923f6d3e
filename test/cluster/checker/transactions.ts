import type { RawRecord } from './raw-reader.js';

/** A control record's key is a version and a type: 1 commits, 0 aborts. */
const commitType = 1;

/**
 * Tells committed records from aborted ones by the marks that end transactions, and by nothing
 * else: what a broker says of aborted transactions, and what a client makes of it, is not asked.
 * It has to be given every record of a partition from offset 0 on.
 */
export class Transactions {
  readonly #open = new Map<string, RawRecord[]>();

  /** The records that are committed now: one outside of transactions, or all of one that ends. */
  take(partition: string, record: RawRecord): readonly RawRecord[] {
    const { producerId, inTransaction } = record.batchContext;
    const transaction = `${partition} ${producerId}`;
    if (!record.isControlRecord) {
      if (!inTransaction) return [record];
      const open = this.#open.get(transaction);
      if (open === undefined) this.#open.set(transaction, [record]);
      else open.push(record);
      return [];
    }
    const ended = this.#open.get(transaction) ?? [];
    this.#open.delete(transaction);
    return record.key?.readInt16BE(2) === commitType ? ended : [];
  }
}
