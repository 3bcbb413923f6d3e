declare module 'kafkajs/src/consumer/batch.js' {
  import type { KafkaMessage } from 'kafkajs';

  /** What a fetch brought of one partition, without aborted transactions and markers. */
  class Batch {
    constructor(topic: string, fetchedOffset: string, partitionData: object);
    readonly messages: KafkaMessage[];
    /** Of the last message, markers and aborted ones included. */
    lastOffset(): string;
    isEmptyIncludingFiltered(): boolean;
    isEmptyDueToLogCompactedMessages(): boolean;
  }

  export = Batch;
}
