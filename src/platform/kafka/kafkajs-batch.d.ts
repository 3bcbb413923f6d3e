declare module 'kafkajs/src/consumer/batch.js' {
  /** What a fetch brought of one partition. */
  class Batch {
    constructor(topic: string, fetchedOffset: string, partitionData: object);
    /** Markers and aborted ones included; not those before the offset, as a broker may send. */
    readonly messagesWithinOffset: readonly unknown[];
    /** Of the last message, markers and aborted ones included. */
    lastOffset(): string;
    isEmptyIncludingFiltered(): boolean;
    isEmptyDueToLogCompactedMessages(): boolean;
  }

  export = Batch;
}
