import { comparePositions, Fault, type Position } from '../../streaming/index.js';
import { eventTypes, type UsageEvents } from '../domain/usage-events.js';
import { usageInputErrors } from '../errors.js';
import type { RefusedEvent } from '../dead-letter-store.js';
import type { EventRefusal, InputAnswer, UsageInput } from '../usage-input.js';
import { usageMessages, type UsageMessage } from './kafka-usage-codec.js';

/** What the input of the cluster runs on. */
export interface KafkaUsageInputParts {
  readonly partitions: number;
  readonly writer: {
    /** Answers the offset of every message, by partition. */
    write(
      byPartition: readonly (readonly UsageMessage[])[],
    ): Promise<readonly { readonly partition: number; readonly offsets: readonly number[] }[]>;
  };
  /** The positions that are committed, by partition. */
  readonly committed: () => Promise<ReadonlyMap<number, Position>>;
  /** Up to where the clocks of the partitions are told to all processes. */
  readonly told: () => Promise<ReadonlyMap<number, Position>>;
  readonly deadLetters: {
    between(partition: number, from: number, to: number): Promise<RefusedEvent[]>;
  };
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** How long an answer is waited for. */
  readonly answerWithinMs: number;
}

const pollMs = 15;

/** Events go to the partitions of their keys; answers once their tasks have passed them. */
export class KafkaUsageInput implements UsageInput {
  constructor(private readonly parts: KafkaUsageInputParts) {}

  async send(events: UsageEvents): Promise<InputAnswer> {
    const messages = usageMessages(events, this.parts.partitions);
    const written = await this.parts.writer.write(messages);
    const ranges = written.filter(({ offsets }) => offsets.length > 0);
    const ends = new Map(ranges.map(({ partition, offsets }) => [partition, offsets.at(-1) ?? 0]));
    await this.#passed(ends, this.parts.committed);
    // who changes a clock reads it afterwards
    if (events.types.subarray(0, events.length).includes(eventTypes.feed)) {
      await this.#passed(ends, this.parts.told);
    }
    const refused = new Map<number, EventRefusal>();
    for (const { partition, offsets } of ranges) {
      const [from, to] = [offsets[0], offsets[offsets.length - 1] + 1];
      for (const letter of await this.parts.deadLetters.between(partition, from, to)) {
        const message = messages[partition][offsets.indexOf(letter.offset)];
        if (message === undefined) continue; // another producer's, between ours
        refused.set(message.index, { code: letter.code, message: letter.message });
      }
    }
    return { refused };
  }

  /** Writes one event for a single partition and does not wait for it. */
  async tell(partition: number, events: UsageEvents): Promise<void> {
    const messages = usageMessages(events, this.parts.partitions);
    await this.parts.writer.write(messages.map((of, number) => (number === partition ? of : [])));
  }

  /** Waits until each partition has counted the event at its offset. */
  async #passed(
    ends: ReadonlyMap<number, number>,
    positions: () => Promise<ReadonlyMap<number, Position>>,
  ): Promise<void> {
    const untilMs = this.parts.now() + this.parts.answerWithinMs;
    for (;;) {
      const reached = await positions();
      const open = [...ends].filter(([partition, offset]) => {
        const position = reached.get(partition);
        const passed = { offset: offset + 1, cursor: 0 };
        return position === undefined || comparePositions(position, passed) < 0;
      });
      if (open.length === 0) return;
      if (this.parts.now() > untilMs) throw notCountedYet(open);
      await this.parts.pause(pollMs);
    }
  }
}

const notCountedYet = (open: readonly (readonly [number, number])[]): Fault => {
  const { reaction, meaning } = usageInputErrors.NOT_COUNTED_YET;
  const [[partition, offset]] = open;
  return new Fault('NOT_COUNTED_YET', reaction, meaning, { facts: { partition, offset } });
};
