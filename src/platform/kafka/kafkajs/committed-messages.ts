import type { FetchedMessage, RecordBatch } from './record-batches.js';

/** A transaction that a broker names as aborted: all its producer wrote from there to its mark. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** Key of a control record: version and type, 16 bits each; type 0 ends an aborted transaction. */
const isAbortMark = ({ isControl, messages }: RecordBatch): boolean =>
  isControl && messages[0]?.key?.readInt16BE(2) === 0;

/**
 * The messages of fetched batches without those of aborted transactions and without markers. The
 * broker names aborted transactions in the order in which they ended, which is not the order in
 * which they began, and several may have begun before the first batch.
 */
export const committedMessages = (
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
): FetchedMessage[] => {
  const toCome = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, first: Number(firstOffset) }))
    .sort((a, b) => b.first - a.first);
  const open = new Set<string>();
  const committed: FetchedMessage[] = [];
  for (const batch of batches) {
    while (toCome.length > 0 && toCome[toCome.length - 1].first <= batch.lastOffset) {
      open.add((toCome.pop() as { producerId: string }).producerId);
    }
    const { producerId, isControl, isInTransaction, messages } = batch;
    if (isAbortMark(batch)) open.delete(producerId);
    const isAborted = isInTransaction && open.has(producerId);
    if (!isControl && !isAborted) for (const message of messages) committed.push(message);
  }
  return committed;
};
