import { AgreementsGenerator, type GeneratedAgreement } from './agreements-generator.js';
import type { GenerateRequest } from './cdr-file-generator.js';
import { JavaRandom } from './java-random.js';
import { nextNameUuid } from './name-uuid.js';
import { dayMs, seeds, serviceStartAtMs } from './seeds.js';
import { dailyInstants } from './zoned-time.js';

const MAX_RECORDED_BYTES = 10 * 1024 ** 2;

/** A record that is written without a file. Instant in ms. */
export interface DirectRecord {
  readonly agreementId: string;
  readonly msisdn: number;
  readonly recordedAtMs: number;
  /** A UUID v3. */
  readonly internalRecordId: string;
  readonly recordedBytes: number;
}

/** What one call makes: the agreements it needs and their records. */
export interface DirectRecordsBatch {
  /** The first agreements of the demo sequence; the caller makes those that are missing. */
  readonly agreements: readonly GeneratedAgreement[];
  readonly recordCount: number;
  /** True when there would be more but for `untilMs`. */
  readonly isCut: boolean;
  /** The records, agreement by agreement, each oldest first. */
  records(): Generator<DirectRecord, void>;
}

interface Subscriber {
  readonly agreement: GeneratedAgreement;
  readonly recordIds: JavaRandom;
  readonly recordedBytes: JavaRandom;
}

/**
 * Records written directly for the agreements of the demo sequence, one a day each. Records read
 * to their end move the generator on; given up half-way they leave it as it
 * was, and the next call makes the same records again. One batch at a time.
 */
export class DirectRecordsGenerator {
  private readonly agreementSequence = new AgreementsGenerator();
  private subscribers: Subscriber[] = [];
  private nextRecordedAtMs = serviceStartAtMs + dayMs;

  /** The next batch for the first `batchSize` agreements; both numbers are integers, at least 1. */
  next(request: Partial<GenerateRequest> = {}): DirectRecordsBatch {
    const { batchSize = 1, months = 1, untilMs } = request;
    this.admit(batchSize);
    const { instantsMs, nextMs, isCut } = dailyInstants(this.nextRecordedAtMs, months, untilMs);
    const subscribers = this.subscribers.slice(0, batchSize);
    return {
      agreements: subscribers.map(({ agreement }) => agreement),
      recordCount: subscribers.length * instantsMs.length,
      isCut,
      records: () => this.recordsOf(subscribers, instantsMs, nextMs),
    };
  }

  private *recordsOf(
    subscribers: readonly Subscriber[],
    instantsMs: readonly number[],
    nextMs: number,
  ): Generator<DirectRecord, void> {
    const moved: Subscriber[] = [];
    for (const start of subscribers) {
      const subscriber = copyOf(start);
      for (const recordedAtMs of instantsMs) yield recordOf(subscriber, recordedAtMs);
      moved.push(subscriber);
    }
    // A second reading of an older batch must not move the generator back.
    if (this.nextRecordedAtMs !== instantsMs[0]) return;
    this.subscribers = [...moved, ...this.subscribers.slice(moved.length)];
    this.nextRecordedAtMs = nextMs;
  }

  /** Makes the first `batchSize` subscribers known; a large number of them takes a while. */
  admit(batchSize: number): void {
    const missing = batchSize - this.subscribers.length;
    if (missing <= 0) return;
    for (const agreement of this.agreementSequence.next(missing)) {
      const index = this.subscribers.length;
      this.subscribers.push({
        agreement,
        recordIds: new JavaRandom(seeds.internalRecordId + index),
        recordedBytes: new JavaRandom(seeds.recordedBytes + index),
      });
    }
  }
}

function recordOf(subscriber: Subscriber, recordedAtMs: number): DirectRecord {
  return {
    agreementId: subscriber.agreement.id,
    msisdn: subscriber.agreement.msisdn,
    recordedAtMs,
    internalRecordId: nextNameUuid(subscriber.recordIds),
    recordedBytes: Math.floor(subscriber.recordedBytes.nextDouble() * MAX_RECORDED_BYTES),
  };
}

function copyOf({ agreement, recordIds, recordedBytes }: Subscriber): Subscriber {
  return { agreement, recordIds: recordIds.clone(), recordedBytes: recordedBytes.clone() };
}
