import type { UsageEvents } from '../../ingest/index.js';
import type { TransactionalSender } from '../../platform/kafka/index.js';
import type { ColumnBatch } from '../../streaming/index.js';
import type { ImportLog } from '../import-log.js';
import type { KafkaImportJournal } from './kafka-import-journal.js';

type Sent = Parameters<TransactionalSender['transact']>[0]['messages'];
export type PartitionMessages = Sent[number]['messages'];

export interface KafkaImportLogParts {
  readonly journal: Pick<KafkaImportJournal, 'entriesOf'>;
  readonly sender: Pick<TransactionalSender, 'transact' | 'close'>;
  /** Keeps rows for REST. Writing the same rows again leaves the same. */
  readonly rows: { write(rows: readonly ColumnBatch[]): Promise<void> };
  /** The events of each partition of the log, as messages in their order. */
  readonly encode: (events: UsageEvents) => readonly PartitionMessages[];
  readonly topics: { readonly log: string; readonly journal: string };
}

interface Content {
  readonly messages: Sent;
  readonly land: () => void;
}

/**
 * Lines and the progress of their file in one transaction of Kafka. Rows for REST come before it:
 * they bear being written twice, also by an importer that lost its place. While one transaction is
 * on its way, the rows of the next ones are written, and their messages made.
 */
export class KafkaImportLog implements ImportLog {
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly parts: KafkaImportLogParts) {}

  async append(events: UsageEvents, rows: readonly ColumnBatch[]): Promise<void> {
    const content = this.#contentOf(events, rows);
    const written = this.parts.rows.write(rows);
    written.catch(() => undefined); // thrown below, behind the append before it
    this.#last = this.#commitBehind(this.#last, written, content);
    this.#last.catch(() => undefined); // thrown to the caller
    return this.#last;
  }

  async #commitBehind(
    before: Promise<void>,
    written: Promise<void>,
    { messages, land }: Content,
  ): Promise<void> {
    await before.catch(() => undefined);
    try {
      await written;
      await this.parts.sender.transact({ messages });
    } catch (error) {
      // nothing behind it may be committed: it would tell of lines that are not there
      await this.parts.sender.close();
      throw error;
    }
    land();
  }

  #contentOf(events: UsageEvents, rows: readonly ColumnBatch[]): Content {
    const { encode, journal, topics } = this.parts;
    const { messages: entries, land } = journal.entriesOf(rows);
    const lines = encode(events).map((messages, partition) => {
      return { topic: topics.log, partition, messages };
    });
    const messages = [...lines, { topic: topics.journal, partition: 0, messages: entries }];
    return { messages, land };
  }
}
