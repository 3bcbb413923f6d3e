import type { OutMessage } from '../streaming/index.js';

/** A committed message as it lies in a partition of the topic. */
export interface TopicMessage extends OutMessage {
  readonly partition: number;
  readonly offset: number;
}

/** Reads the topic of messages, committed ones only, without a consumer group. */
export interface MessageTopic {
  /**
   * Messages from the given offset of each partition on, at most `limit`, those of one partition
   * in order. An offset below the start of a partition means its start.
   */
  read(fromByPartition: ReadonlyMap<number, number>, limit: number): Promise<TopicMessage[]>;
  /** The offset behind the last committed message of each partition; markers count too. */
  ends(): Promise<ReadonlyMap<number, number>>;
}
