import { folderId } from '../../platform/files/folder-id.js';
import {
  PartitionFetcher,
  PartitionGroup,
  TransactionalSender,
  type newKafka,
} from '../../platform/kafka/index.js';
import { Importer } from '../importer.js';
import type { ImporterPorts } from '../importer-ports.js';
import { KafkaImportJournal } from './kafka-import-journal.js';
import { KafkaImportLog, type KafkaImportLogParts } from './kafka-import-log.js';

export interface KafkaImporterOptions {
  /** First part of the names of group and transactions. */
  readonly clusterName: string;
  /** The incoming folder; its id, kept in it, is what processes that share it know it by. */
  readonly directory: string;
  readonly topics: { readonly log: string; readonly journal: string };
  readonly transactionTimeoutMs: number;
  readonly sessionTimeoutMs: number;
}

export interface KafkaImporterParts extends Pick<KafkaImportLogParts, 'rows' | 'encode'> {
  readonly kafka: ReturnType<typeof newKafka>;
  /** The first of so many file ids in a row that no other file gets. */
  readonly reserveIds: (count: number) => Promise<number>;
  /** All ports of the importer but those that are on Kafka here. */
  readonly ports: Omit<ImporterPorts, 'log' | 'journal'>;
  readonly options: KafkaImporterOptions;
}

/** The topic of the journal has this one partition: whoever has it imports, others stand by. */
const journalPartition = 0;
const startAgainAfterMs = 1000;
const landingMs = 2000;

interface OnKafka {
  readonly group: PartitionGroup;
  readonly sender: TransactionalSender;
  readonly fetcher: PartitionFetcher;
  readonly ports: ImporterPorts;
}

/**
 * The importer of a folder in a cluster. Of all processes that share the folder one imports; when
 * it dies, sleeps or is cut off, another one takes over where its last transaction ended. What
 * makes that safe is the fence, not the group: it only spares two importers from taking turns.
 */
export class KafkaImporter {
  #on: OnKafka | undefined;
  #importer: Importer | undefined;
  #turn: Promise<void> = Promise.resolve();
  /** Undefined until the group has answered. */
  #isWanted: boolean | undefined;
  #wantedSinceMs = 0;
  /** Since when it is in no group (epoch ms); undefined while it is. */
  #outsideSinceMs: number | undefined;
  #stopping = false;

  constructor(private readonly parts: KafkaImporterParts) {}

  /** When it last got on (epoch ms): also now while it stands by, for there is nothing to do. */
  get lastMoveMs(): number {
    if (this.#outsideSinceMs !== undefined) return this.#outsideSinceMs;
    if (this.#isWanted !== true) return this.parts.ports.now();
    return Math.max(this.#wantedSinceMs, this.#importer?.lastMoveMs ?? 0);
  }

  /** Imports, or stands by until the others are gone. Rejects when there can be no such folder. */
  async start(): Promise<void> {
    const directoryId = await folderId(this.parts.options.directory);
    this.#outsideSinceMs = this.parts.ports.now();
    this.#on = this.#connect(directoryId);
    this.#on.group.start();
  }

  /** Ends after the appends in hand, unless they take long, and leaves the folder to others. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#isWanted = false;
    const { pauseMs } = this.parts.ports;
    const ended = this.#next(() => this.#end());
    await Promise.race([ended, pauseMs(landingMs)]);
    // it may wait for servers that are away: from here on all it asks for fails
    await this.#on?.group.stop();
    await this.#on?.sender.close();
    await Promise.race([ended, pauseMs(landingMs)]);
    await this.#on?.fetcher.close();
  }

  #connect(directoryId: string): OnKafka {
    const { kafka, options, rows, encode, ports, reserveIds } = this.parts;
    const { clusterName, topics, transactionTimeoutMs, sessionTimeoutMs } = options;
    const name = `${clusterName}-import-${directoryId}`;
    const group: PartitionGroup = new PartitionGroup(kafka, {
      groupId: name,
      topic: topics.journal,
      sessionTimeoutMs,
      onAssigned: (partitions) => {
        this.#outsideSinceMs = undefined;
        this.#assigned(partitions.has(journalPartition));
      },
      onLeft: () => {
        this.#outsideSinceMs ??= ports.now();
        this.#assigned(false);
      },
      log: ports.logger,
    });
    const sender = new TransactionalSender(kafka, { transactionalId: name, transactionTimeoutMs });
    const place = { topic: topics.journal, partition: journalPartition };
    const fetcher = new PartitionFetcher(kafka, place);
    const confirm = (): Promise<void> => group.confirm(journalPartition);
    const { pauseMs } = ports;
    const journal = new KafkaImportJournal({
      ...{ directoryId, log: fetcher, sender, confirm, rows, reserveIds, pauseMs },
    });
    const log = new KafkaImportLog({ journal, sender, rows, encode, topics });
    return { group, sender, fetcher, ports: { ...ports, log, journal } };
  }

  #assigned(isOwn: boolean): void {
    if (this.#stopping || isOwn === this.#isWanted) return;
    this.#isWanted = isOwn;
    this.#wantedSinceMs = this.parts.ports.now();
    if (!isOwn) this.parts.ports.logger.log('this process stands by to import', this.#folder());
    void this.#next(() => (isOwn ? this.#begin() : this.#end()));
  }

  async #begin(): Promise<void> {
    // it may have been given away while an earlier turn ended
    while (this.#isWanted && this.#on !== undefined) {
      const { logger, pauseMs } = this.#on.ports;
      const importer = new Importer(this.#on.ports);
      try {
        await importer.start();
        this.#importer = importer;
        return logger.log('this process imports the files of the folder', this.#folder());
      } catch (cause) {
        logger.warn('the import cannot start; it is tried again', { cause: String(cause) });
        await pauseMs(startAgainAfterMs);
      }
    }
  }

  /** What is not committed is dropped: the next one reads it again. */
  async #end(): Promise<void> {
    const importer = this.#importer;
    this.#importer = undefined;
    await importer?.stop();
  }

  #folder(): { folder: string } {
    return { folder: this.parts.options.directory };
  }

  #next(turn: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(turn);
    return this.#turn;
  }
}
