/** A message of a topic as a reader of committed messages gets it. */
export interface TopicMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | undefined;
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

/** A row of table usage_record, with the Cassandra partition it lies in. */
export interface StoredRow {
  readonly shard: number;
  /** UTC day, `2020-01-31`. */
  readonly day: string;
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordId: string;
  readonly version: number;
  readonly agreementId: string | undefined;
  readonly recordedBytes: number;
  readonly status: RowStatus;
  readonly fileId: number;
  readonly lineNo: number;
}

export type Outcome = 'counted' | 'late' | 'waiting';

/** Provisional: of a line that may have been cut off. */
export type RowStatus = Outcome | `${Outcome}-provisional`;

/** What becomes of an input line. */
export type Column = Outcome | 'duplicate' | 'rejected';

export const columns: readonly Column[] = ['counted', 'late', 'waiting', 'duplicate', 'rejected'];

export type Book = Record<Column, number>;

export const emptyBook = (): Book => ({
  ...{ counted: 0, late: 0, waiting: 0 },
  ...{ duplicate: 0, rejected: 0 },
});

/** The newest row of import_file_count of a file and log partition; −1: refused by the import. */
export interface StoredBook extends Book {
  readonly fileId: number;
  readonly logPartition: number;
}

export interface StoredAgreement {
  readonly id: string;
  readonly msisdn: number;
  readonly version: number;
  readonly logPartition: number;
}

export interface StoredDeadLetter {
  readonly fileId: number;
  readonly lineNo: number;
  readonly logPartition: number;
  /** Of the refused event; −1: refused before the log. */
  readonly offset: number;
  readonly code: string;
}

/** A file as the import knows it. */
export interface StoredFile {
  readonly id: number;
  readonly name: string;
  readonly feed: string;
  readonly lines: number;
  readonly isDone: boolean;
}

/** A row of table message. */
export interface MessageCopy {
  readonly key: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly value: string;
}

/** A row of table data_record. */
export interface DataRecord {
  readonly agreementId: string;
  readonly year: number;
  readonly month: number;
  readonly recordedAtMs: number;
  readonly recordId: string;
  readonly recordedBytes: number;
}

/** A row of table waiting_record. */
export interface WaitingRow {
  readonly shard: number;
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordId: string;
  readonly version: number;
}

/** What was dropped into the incoming folder. */
export interface DroppedFile {
  readonly name: string;
  readonly feed: string;
  readonly text: string;
}

/** What the group has committed for a partition of the log. */
export interface CommittedPosition {
  readonly partition: number;
  readonly offset: number;
  readonly cursor: number;
}

export interface TopicEnd {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number;
  readonly all: number;
}

/** All that is known of a cluster after a run, read from outside. */
export interface World {
  readonly partitions: number;
  readonly shards: number;
  readonly dropped: readonly DroppedFile[];
  /** Topic incoming-data-records. */
  readonly log: readonly TopicMessage[];
  /** Topic data-records-aggregates. */
  readonly messages: readonly TopicMessage[];
  readonly rows: readonly StoredRow[];
  readonly waitingRows: readonly WaitingRow[];
  readonly dataRecords: readonly DataRecord[];
  readonly agreements: readonly StoredAgreement[];
  readonly files: readonly StoredFile[];
  readonly books: readonly StoredBook[];
  readonly deadLetters: readonly StoredDeadLetter[];
  readonly messageCopies: readonly MessageCopy[];
  readonly positions: readonly CommittedPosition[];
  readonly ends: readonly TopicEnd[];
  /** What a reader of committed messages saw while the program ran. */
  readonly seen: readonly TopicMessage[];
}

/** What is wrong: which law, where first, and how. */
export interface Finding {
  readonly law: string;
  readonly key: string;
  readonly detail: string;
}
