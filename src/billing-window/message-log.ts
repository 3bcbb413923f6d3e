import type { OutMessage } from '../streaming/index.js';

/** A message with its place in topic `data-records-aggregates`. */
export interface LoggedMessage extends OutMessage {
  /** Partition of the topic; left out where all messages are in one order (embedded). */
  readonly partition?: number;
  /**
   * Place in that order: embedded from 0 without gaps, cluster the offset in the partition.
   * Undefined for a copy that was looked up by its key in the cluster: a copy knows no place.
   */
  readonly offset: number | undefined;
  /** What to ask with for the messages behind this one; undefined for a copy. */
  readonly cursor: string | undefined;
}

/** A billing period by its end (epoch ms, not in it), and how many of its messages are wanted. */
export interface MessagePeriod {
  readonly endMs: number;
  readonly limit: number;
}

/** The cursor before the first message, in every mode. */
export const startOfMessages = '-1';

/**
 * Reads topic `data-records-aggregates`. A cursor says which messages were seen. Embedded it is
 * the offset of the last one; in the cluster `partition:offset` of the last one of each partition,
 * such as `0:17,1:22`. Messages of one agreement are in one partition, and so in order.
 */
export interface MessageLog {
  /** What a cursor has to be, for the answer to one that is not. */
  readonly cursorRule: string;
  /** The cursor that a caller sent, in its plain form; undefined when it is none of this log. */
  cursor(text: string): string | undefined;
  /** Whether a cursor names a message that is not there yet; waiting behind it would be in vain. */
  isBeyondEnd(cursor: string): Promise<boolean>;
  /** Messages behind a cursor, at most `limit`. */
  behind(cursor: string, limit: number): Promise<LoggedMessage[]>;
  /** The newest messages, at most `limit`. */
  latest(limit: number): Promise<LoggedMessage[]>;
  /** The first messages of a key (an agreement id) and the period that ends at `endMs`. */
  ofPeriod(key: string, period: MessagePeriod): Promise<LoggedMessage[]>;
  /** Calls the listener when there may be a new message; answers how to stop it. */
  onMessages(listener: () => void): () => void;
}

export const MESSAGE_LOG = Symbol('MessageLog');
