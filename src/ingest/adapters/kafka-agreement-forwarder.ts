import type { Position } from '../../streaming/index.js';
import { acceptedHeader, forwardedHeader } from './kafka-agreement-messages.js';
import { placeOfAgreement, type ReadMessage } from './kafka-usage-codec.js';

/** An agreement of topic `agreements` as a control event of the log. */
interface ForwardedMessage {
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface AgreementForwarderParts {
  /** The partition of topic `agreements` that is forwarded. */
  readonly partition: number;
  readonly agreementsTopic: string;
  readonly log: {
    readonly topic: string;
    readonly partitions: number;
    /** As `acceptedHeader` of the log's own agreements says it. */
    readonly name: string;
  };
  readonly groupId: string;
  readonly fetcher: {
    fetch(
      offset: number,
    ): Promise<{ readonly messages: readonly ReadMessage[]; readonly nextOffset: number }>;
    close(): Promise<void>;
  };
  readonly sender: {
    fence(): Promise<void>;
    transact(content: {
      messages: { topic: string; partition: number; messages: ForwardedMessage[] }[];
      offsets: {
        groupId: string;
        topics: {
          topic: string;
          partitions: { partition: number; offset: string; metadata: string }[];
        }[];
      };
    }): Promise<void>;
    close(): Promise<void>;
  };
  readonly committed: () => Promise<Position>;
  /** Resolves once the partition is known to be this process's still, else rejects. */
  readonly confirm: () => Promise<void>;
  readonly pause: () => Promise<void>;
  readonly now: () => number;
  readonly warn: (message: string, cause: unknown) => void;
}

/**
 * Brings the agreements that other systems write to topic `agreements` into the log, each once:
 * into the partition of its MSISDN, so that it has one place among the records.
 * What cannot be read is forwarded too: the step refuses it there, with its text. Those that this
 * log has put there itself when it accepted them are passed over.
 */
export class AgreementForwarder {
  #stopping = false;
  #running: Promise<void> = Promise.resolve();
  #lastMoveMs: number;

  constructor(private readonly parts: AgreementForwarderParts) {
    this.#lastMoveMs = parts.now();
  }

  /** When it last forwarded something, or found that there is nothing to forward (epoch ms). */
  get lastMoveMs(): number {
    return this.#lastMoveMs;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const { fetcher, sender } = this.parts;
    await fetcher.close();
    await this.#running;
    await sender.close();
  }

  async #run(): Promise<void> {
    for (let isFirst = true; !this.#stopping; isFirst = false) {
      try {
        if (!isFirst) await this.parts.confirm();
        await this.parts.sender.fence();
        await this.#forwardFrom((await this.parts.committed()).offset);
      } catch (error) {
        if (this.#stopping) return;
        this.parts.warn('agreements are forwarded again from what is durable', error);
        await this.parts.pause();
      }
    }
  }

  async #forwardFrom(offset: number): Promise<void> {
    for (let at = offset; !this.#stopping;) {
      const { messages, nextOffset } = await this.parts.fetcher.fetch(at);
      if (messages.length > 0) await this.#forward(messages, nextOffset);
      at = nextOffset;
      this.#lastMoveMs = this.parts.now();
    }
  }

  #forward(messages: readonly ReadMessage[], nextOffset: number): Promise<void> {
    const { log, agreementsTopic, partition, groupId, sender } = this.parts;
    const byPartition = new Map<number, ForwardedMessage[]>();
    const headers = { type: 'agreement', [forwardedHeader]: agreementsTopic };
    for (const message of messages) {
      if (message.headers[acceptedHeader] === log.name) continue;
      const value = message.value ?? Buffer.alloc(0);
      const { key, partition: to } = placeOfAgreement(value, log.partitions);
      const forwarded = byPartition.get(to) ?? [];
      forwarded.push({ key, value, headers });
      byPartition.set(to, forwarded);
    }
    return sender.transact({
      messages: Array.from(byPartition, ([to, forwarded]) => {
        return { topic: log.topic, partition: to, messages: forwarded };
      }),
      offsets: {
        groupId,
        topics: [
          {
            topic: agreementsTopic,
            partitions: [{ partition, offset: String(nextOffset), metadata: '' }],
          },
        ],
      },
    });
  }
}
