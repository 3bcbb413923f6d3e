import { every } from '../../platform/pause.js';
import {
  startOfMessages,
  type LoggedMessage,
  type MessageLog,
  type MessagePeriod,
} from '../message-log.js';
import type { TopicMessage, MessageTopic } from '../message-topic.js';

/** While somebody waits, the ends of the topic are looked at this often. */
const pollMs = 50;
/** A message alone in its transaction has a marker behind it that takes an offset too. */
const offsetsPerMessage = 2;

/** By partition, the offset of the last message seen. */
type Seen = ReadonlyMap<number, number>;

const seenIn = (cursor: string): Seen =>
  cursor === startOfMessages
    ? new Map()
    : new Map(cursor.split(',').map((place) => place.split(':').map(Number) as [number, number]));

const cursorOf = (seen: Seen): string =>
  [...seen]
    .sort(([a], [b]) => a - b)
    .map(([partition, offset]) => `${partition}:${offset}`)
    .join(',') || startOfMessages;

const place = /^\d{1,9}:\d{1,16}$/;

/** Reads the topic itself; a cursor is the last offset seen of each partition. */
export class KafkaMessageLog implements MessageLog {
  readonly cursorRule: string;
  readonly #listeners = new Set<() => void>();
  #stopPolling: () => Promise<void> = () => Promise.resolve();
  #endsSeen = '';

  /** `partitions`: how many the topic has; `copies` finds the messages of a key. */
  constructor(
    private readonly reader: MessageTopic,
    private readonly copies: Pick<MessageLog, 'ofPeriod'>,
    private readonly partitions: number,
  ) {
    this.cursorRule =
      'must be -1 or partition:offset of the last message seen of each partition, such as ' +
      `0:17,1:22, with partitions from 0 to ${partitions - 1}`;
  }

  cursor(text: string): string | undefined {
    if (text === startOfMessages) return text;
    const places = text.split(',');
    if (!places.every((each) => place.test(each))) return undefined;
    const seen = seenIn(text);
    const isEachOnce = seen.size === places.length;
    const isInTopic = [...seen].every(
      ([partition, offset]) => partition < this.partitions && Number.isSafeInteger(offset),
    );
    return isEachOnce && isInTopic ? cursorOf(seen) : undefined;
  }

  async isBeyondEnd(cursor: string): Promise<boolean> {
    const ends = await this.reader.ends();
    return [...seenIn(cursor)].some(([partition, offset]) => offset >= (ends.get(partition) ?? 0));
  }

  async behind(cursor: string, limit: number): Promise<LoggedMessage[]> {
    const seen = seenIn(cursor);
    const from = this.#next(seen, await this.reader.ends());
    return from.size === 0 ? [] : withCursors(await this.reader.read(from, limit), seen);
  }

  /** Between partitions there is no order: what is nearer to the end of its own comes later. */
  async latest(limit: number): Promise<LoggedMessage[]> {
    const ends = await this.reader.ends();
    const window = limit * offsetsPerMessage;
    const seen = new Map<number, number>();
    for (const [partition, end] of ends) {
      if (end > window) seen.set(partition, end - window - 1);
    }
    const found = await this.reader.read(this.#next(seen, ends), window * this.partitions);
    const toEnd = (message: TopicMessage): number =>
      (ends.get(message.partition) ?? 0) - message.offset;
    const newest = [...found].sort((a, b) => toEnd(b) - toEnd(a)).slice(-limit);
    const kept = new Set(newest);
    // those passed over are older, and behind the cursor all the same
    for (const message of found) {
      if (!kept.has(message)) seen.set(message.partition, message.offset);
    }
    return withCursors(newest, seen);
  }

  ofPeriod(key: string, period: MessagePeriod): Promise<LoggedMessage[]> {
    return this.copies.ofPeriod(key, period);
  }

  /** The first look of a poll tells everybody: it cannot know what they have seen. */
  onMessages(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) {
      this.#endsSeen = '';
      this.#stopPolling = every(pollMs, () => this.#look());
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) void this.#stopPolling();
    };
  }

  async #look(): Promise<void> {
    // a broker that is away is no news; whoever waits is told by the read when the wait is over
    const ends = await this.reader.ends().catch(() => undefined);
    if (ends === undefined) return;
    const now = cursorOf(ends);
    if (now === this.#endsSeen) return;
    this.#endsSeen = now;
    for (const tell of this.#listeners) tell();
  }

  /** From where each partition is read on; those without anything behind it are left out. */
  #next(seen: Seen, ends: Seen): Map<number, number> {
    const from = new Map<number, number>();
    for (const [partition, end] of ends) {
      const next = (seen.get(partition) ?? -1) + 1;
      if (next < end) from.set(partition, next);
    }
    return from;
  }
}

const withCursors = (messages: readonly TopicMessage[], behind: Seen): LoggedMessage[] => {
  const seen = new Map(behind);
  return messages.map((message) => {
    seen.set(message.partition, message.offset);
    return { ...message, cursor: cursorOf(seen) };
  });
};
