import { partitionOfKey, type OutMessage } from '../../streaming/index.js';
import type { ReplayedBatch } from '../replay.js';
import type { Progress } from './progress.js';
import { RowHash } from './row-hash.js';
import type { PatientFetcher } from './servers.js';
import { differentPlaces, placesToName, Sums } from './sums.js';
import type { ReadMessage } from '../../platform/kafka/index.js';
import { messageText, topicMessages } from './topic-messages.js';

/** Keys are put into so many buckets, each with sums of its own. */
const buckets = 4_096;

const bucketOf = ({ key }: OutMessage): number => partitionOfKey(key, buckets);

export interface MessagesCheckParts {
  readonly topic: string;
  /** One for each partition of the topic. */
  readonly fetchers: readonly PatientFetcher[];
  readonly progress: Progress;
  readonly differs: (line: string) => void;
}

/** A number for each text, and texts that are there several times. */
class Texts {
  readonly #numbers = new Map<string, number>();

  add(text: string, by = 1): void {
    this.#numbers.set(text, (this.#numbers.get(text) ?? 0) + by);
  }

  /** Takes one away; false when there is none. */
  take(text: string): boolean {
    const number = this.#numbers.get(text) ?? 0;
    if (number > 0) this.#numbers.set(text, number - 1);
    return number > 0;
  }

  copy(): Texts {
    const copy = new Texts();
    for (const [text, number] of this.#numbers) copy.add(text, number);
    return copy;
  }

  *left(): Generator<string> {
    for (const [text, number] of this.#numbers) if (number > 0) yield text;
  }

  get isEmpty(): boolean {
    return this.#numbers.size === 0;
  }
}

/**
 * The topic of the messages, compared with those that the log gives. Messages below `surely` were
 * committed before the positions were read, so the log has to give each; those from there on may
 * belong to later positions, and are looked at only where the log gives them.
 */
export class MessagesCheck {
  readonly #given = new Sums();
  readonly #stored = new Sums();
  readonly #hash = new RowHash();
  /** By agreement and period, the revision of the last message. */
  readonly #revisions = new Map<number, number>();
  /** Messages that came while the positions were read. */
  readonly #recent = new Texts();
  #recentLeft = new Texts();
  #surely: readonly number[] = [];
  #messages = 0;
  #toName: { readonly buckets: ReadonlySet<number>; readonly given: Texts } | undefined;
  #isTrimmed = false;

  constructor(private readonly parts: MessagesCheckParts) {}

  /** Messages that the log gives. */
  get messages(): number {
    return this.#messages;
  }

  /** To be called before the positions are read. */
  async beforePositions(): Promise<void> {
    this.#surely = await this.#stableEnds();
  }

  /** To be called behind the reading of the positions. */
  async behindPositions(): Promise<void> {
    const ends = await this.#stableEnds();
    for (const [partition, fetcher] of this.parts.fetchers.entries()) {
      const range = { from: this.#surely[partition], to: ends[partition] };
      for await (const message of topicMessages(fetcher, partition, range)) {
        this.#recent.add(messageText(message));
      }
    }
    this.#recentLeft = this.#recent.copy();
  }

  /** What a replay gives: first to be summed, and when asked again to be named. */
  take({ messages }: ReplayedBatch): void {
    for (const message of messages) {
      const isRecent = !this.#recent.isEmpty && this.#recentLeft.take(messageText(message));
      if (this.#toName === undefined) this.#messages++;
      if (isRecent) continue;
      if (this.#toName === undefined) this.#add(this.#given, message);
      else if (this.#toName.buckets.has(bucketOf(message))) {
        this.#toName.given.add(messageText(message));
      }
    }
  }

  /** Reads the topic and sums it; tells what stands where it must not. */
  async scan(): Promise<void> {
    const { progress, topic } = this.parts;
    for await (const message of this.#read()) {
      this.#add(this.#stored, message);
      this.#checkPlace(message);
      progress.at(() => `topic ${topic}: ${this.#stored.count} messages read`);
    }
    if (this.#isTrimmed) {
      this.parts.progress.say(`topic ${topic}: its oldest messages are deleted, and left out`);
    }
  }

  /** Whether the replays have to be given again, so that differences get their names. */
  prepareNaming(): boolean {
    const different = differentPlaces(this.#given, this.#stored);
    if (different.length === 0) return false;
    const { named, more } = placesToName(different, [this.#given, this.#stored]);
    if (more > 0) this.parts.differs(`messages: those of ${more} more buckets of keys differ`);
    this.#toName = { buckets: named, given: new Texts() };
    this.#recentLeft = this.#recent.copy();
    return true;
  }

  /** Names the messages that differ, once the replays were given again. */
  async name(): Promise<void> {
    if (this.#toName === undefined) return;
    const { given } = this.#toName;
    const { differs, topic } = this.parts;
    for await (const message of this.#read()) {
      if (!this.#toName.buckets.has(bucketOf(message))) continue;
      const text = messageText(message);
      if (given.take(text)) continue;
      const { partition, offset } = message;
      differs(`message ${topic} ${partition}/${offset}: the log does not give it: ${text}`);
    }
    if (this.#isTrimmed) return;
    for (const text of given.left()) differs(`message: it is not in ${topic}: ${text}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.parts.fetchers.map((fetcher) => fetcher.close()));
  }

  async *#read(): AsyncGenerator<ReadMessage> {
    for (const [partition, fetcher] of this.parts.fetchers.entries()) {
      const { first } = await fetcher.ends();
      this.#isTrimmed ||= first > 0;
      yield* topicMessages(fetcher, partition, { from: first, to: this.#surely[partition] });
    }
  }

  #add(sums: Sums, message: OutMessage): void {
    sums.add(bucketOf(message), this.#hash.start().text(messageText(message)));
  }

  /** In the partition of its key; of a period in the order of revisions, none twice. */
  #checkPlace({ key, timestampMs, headers, partition, offset }: ReadMessage): void {
    const { differs, topic, fetchers } = this.parts;
    const place = `message ${topic} ${partition}/${offset}`;
    const own = partitionOfKey(key, fetchers.length);
    if (own !== partition) differs(`${place}: key ${key} belongs into partition ${own}`);
    const period = this.#hash.start().text(key).number(timestampMs).key;
    const before = this.#revisions.get(period) ?? (this.#isTrimmed ? undefined : 0);
    const revision = Number(headers.revision);
    if (!Number.isInteger(revision)) return; // the log gives none of the kind
    this.#revisions.set(period, revision);
    if (before === undefined || revision === before + 1) return;
    differs(
      `${place}: ${headers.type} of ${key} has revision ${revision}, behind ` +
        (before === 0 ? 'none' : `revision ${before}`),
    );
  }

  #stableEnds(): Promise<number[]> {
    return Promise.all(this.parts.fetchers.map((fetcher) => fetcher.stableEnd()));
  }
}
