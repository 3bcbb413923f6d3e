import { agreementToJson } from '../../agreements/index.js';
import { partitionOfNumber, rowsIn, type Effects, type Position } from '../../streaming/index.js';
import { uuidText } from '../../values/index.js';
import { AgreementRows } from '../domain/tables.js';

/** Says that an agreement of the log came from the topic of agreements: it stands there already. */
export const forwardedHeader = 'from';
/** Says which log an agreement of the topic was accepted in: that one need not be told of it. */
export const acceptedHeader = 'accepted-in';

export interface AgreementMessagesOptions {
  /** The topic of agreements, with as many partitions as the log. */
  readonly topic: string;
  readonly partitions: number;
  /** What `acceptedHeader` says of this log, unlike any other's. */
  readonly log: string;
}

interface AgreementMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestamp: string;
}

/** Of one partition of the topic. */
interface OfPartition {
  readonly topic: string;
  readonly partition: number;
  readonly messages: AgreementMessage[];
}

/**
 * Agreements that a partition of the log accepts, as messages of topic `agreements` (key msisdn,
 * timestamp signedAt, docs/WIRE-CONTRACT.md), so that who reads that topic sees those of REST,
 * GraphQL and the generator too. They belong into the transaction that accepts them: each stands
 * there once, a conflict or a repetition never, whatever is killed or was not acknowledged. Those
 * that were forwarded from the topic are left out.
 */
export class AgreementMessages {
  /** Offsets in the log of agreements that were forwarded, from the committed position on. */
  readonly #forwarded = new Set<number>();
  #committed = Infinity;

  constructor(private readonly options: AgreementMessagesOptions) {}

  /** What is read next is replayed without effects up to this position. */
  startAt({ offset }: Position): void {
    this.#forwarded.clear();
    this.#committed = offset;
  }

  /** An event that was read: an agreement that came from the topic. */
  forwarded(offset: number): void {
    if (offset >= this.#committed) this.#forwarded.add(offset);
  }

  /** What goes into the transaction of a step. */
  of(effects: Effects, { offset }: Position): OfPartition[] {
    const messages = this.#messages(effects);
    // what is left of events that are done was a repetition or a conflict
    for (const forwarded of this.#forwarded) {
      if (forwarded >= offset) break;
      this.#forwarded.delete(forwarded);
    }
    return messages;
  }

  #messages({ rows }: Effects): OfPartition[] {
    const { topic, partitions } = this.options;
    const byPartition = new Map<number, AgreementMessage[]>();
    for (const batch of rowsIn(AgreementRows, rows)) {
      const { msisdns, versions } = batch;
      for (let row = 0; row < batch.length; row++) {
        if (this.#forwarded.delete(versions[row])) continue;
        const partition = partitionOfNumber(msisdns[row], partitions);
        const messages = byPartition.get(partition) ?? [];
        messages.push(this.#message(batch, row));
        byPartition.set(partition, messages);
      }
    }
    return Array.from(byPartition, ([partition, messages]) => ({ topic, partition, messages }));
  }

  #message(batch: AgreementRows, row: number): AgreementMessage {
    const msisdn = batch.msisdns[row];
    const signedAtMs = batch.signedAtMs[row];
    const agreement = {
      ...{ id: uuidText(batch.ids, row * 4), msisdn, signedAtMs },
      serviceStartAtMs: batch.serviceStartAtMs[row],
      billingPeriodTimeZone: batch.billingPeriodTimeZones[row],
      maxBytesInBillingPeriod: batch.maxBytesInBillingPeriod[row],
    };
    return {
      key: String(msisdn),
      value: JSON.stringify(agreementToJson(agreement)),
      headers: { [acceptedHeader]: this.options.log },
      timestamp: String(Math.max(0, signedAtMs)), // Kafka has no time before 1970
    };
  }
}
