import type { UsageEvents } from '../../ingest/index.js';
import type { TransactionalSender } from '../../platform/kafka/index.js';
import type { ColumnBatch } from '../../streaming/index.js';
import { ImportFileRows, ImportProgressRows } from '../domain/tables.js';
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
  readonly committed: () => void;
}

/** What tells of the transaction: it would be untrue until that is committed. */
const tellsOfIt = ({ schema: { name } }: ColumnBatch): boolean =>
  name === ImportFileRows.schema.name || name === ImportProgressRows.schema.name;

/**
 * Lines and the progress of their file in one transaction of Kafka. Refused lines are rows of the
 * store and come before it: they bear being written twice, also by an importer that lost its place.
 * Rows about files come behind it; the journal has them when they could not be written. While one
 * transaction is on its way, the next ones are encoded.
 */
export class KafkaImportLog implements ImportLog {
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly parts: KafkaImportLogParts) {}

  async append(events: UsageEvents, rows: readonly ColumnBatch[]): Promise<void> {
    const content = this.#contentOf(events, rows);
    const refused = this.parts.rows.write(rows.filter((batch) => !tellsOfIt(batch)));
    refused.catch(() => undefined); // thrown below, behind the append before it
    this.#last = this.#commitBehind(this.#last, refused, content);
    await this.#last;
    await this.parts.rows.write(rows.filter(tellsOfIt));
  }

  async #commitBehind(
    before: Promise<void>,
    refused: Promise<void>,
    { messages, committed }: Content,
  ): Promise<void> {
    await before.catch(() => undefined);
    try {
      await refused;
      await this.parts.sender.transact({ messages });
    } catch (error) {
      // nothing behind it may be committed: it would tell of lines that are not there
      await this.parts.sender.close();
      throw error;
    }
    committed();
  }

  #contentOf(events: UsageEvents, rows: readonly ColumnBatch[]): Content {
    const { encode, journal, topics } = this.parts;
    const { messages: entries, committed } = journal.entriesOf(rows);
    const lines = encode(events).map((messages, partition) => {
      return { topic: topics.log, partition, messages };
    });
    const messages = [...lines, { topic: topics.journal, partition: 0, messages: entries }];
    return { messages, committed };
  }
}
