import type { KafkaMessage } from 'kafkajs';

/** A message as kafkajs decodes it: markers of transactions, and messages of aborted ones too. */
export type FetchedMessage = KafkaMessage & {
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
};

/** A transaction that a broker names as aborted: all its producer wrote from there to its mark. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** Key of a control record: version and type, 16 bits each; type 0 ends an aborted transaction. */
const isAbortMark = ({ isControlRecord, key }: FetchedMessage): boolean =>
  isControlRecord && (key as Buffer).readInt16BE(2) === 0;

/**
 * What is left of fetched messages without those of aborted transactions and without markers.
 * The broker names aborted transactions in the order in which they ended, which is not the order
 * in which they began, and several may have begun before the first message: the filter of kafkajs
 * 2.2.4 takes them one a message and as they come, and lets messages of aborted ones through.
 */
export const committedMessages = (
  messages: readonly FetchedMessage[],
  aborted: readonly AbortedTransaction[],
): readonly KafkaMessage[] => {
  const toCome = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, first: Number(firstOffset) }))
    .sort((a, b) => b.first - a.first);
  const open = new Set<string>();
  return messages.filter((message) => {
    while (toCome.length > 0 && toCome[toCome.length - 1].first <= Number(message.offset)) {
      open.add((toCome.pop() as { producerId: string }).producerId);
    }
    const { producerId, inTransaction } = message.batchContext;
    if (isAbortMark(message)) open.delete(producerId);
    return !message.isControlRecord && !(inTransaction && open.has(producerId));
  });
};
