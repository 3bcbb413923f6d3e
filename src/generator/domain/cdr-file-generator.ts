import { nextMsisdn } from './agreements-generator.js';
import { JavaRandom } from './java-random.js';
import { LineBuffer } from './line-buffer.js';
import { nextNameUuid } from './name-uuid.js';
import { dayMs, seeds, serviceStartAtMs } from './seeds.js';
import { shuffle } from './shuffle.js';
import { dailyInstants, localDateText, zonedText } from './zoned-time.js';

const MAX_RECORDED_BYTES = 1024 ** 3;

/** What a call of a generator asks for: how many subscribers, how many months of records. */
export interface GenerateRequest {
  readonly batchSize: number;
  readonly months: number;
  /** No record is later (epoch ms); absent for no bound. */
  readonly untilMs?: number;
}

/** One CDR file before it is written. */
export interface GeneratedCdrFile {
  /** `idr_<index>_<local date of the first record>_<uuid>.csv`. */
  readonly name: string;
  /** `tmp_<uuid>`: the name to write under, before the rename. */
  readonly temporaryName: string;
  readonly recordCount: number;
  /** True when there would be more but for `untilMs`. */
  readonly isCut: boolean;
  /** The MSISDNs with records in the file, in the order of the agreements. */
  readonly msisdns: readonly number[];
  /** The bytes of the file in chunks of about 64 KiB; memory does not grow with the file. */
  chunks(): Generator<Buffer, void>;
}

interface Subscriber {
  readonly msisdn: number;
  readonly recordIds: JavaRandom;
  readonly recordedBytes: JavaRandom;
}

interface Progress {
  fileIndex: number;
  nextRecordedAtMs: number;
  readonly fileNames: JavaRandom;
  readonly msisdnSequence: JavaRandom;
  readonly shuffling: JavaRandom;
  readonly subscribers: Subscriber[];
  order: number[];
}

/**
 * CDR files of the demo subscribers, one record a day each. A file read to its end
 * moves the generator on; a file that is given up half-way, because the disk is full for
 * instance, leaves it as it was, and the next call makes the same file again. So one file at a
 * time: finish it before asking for the next.
 */
export class CdrFileGenerator {
  private progress: Progress = {
    fileIndex: 0,
    nextRecordedAtMs: serviceStartAtMs + dayMs,
    fileNames: new JavaRandom(seeds.fileName),
    msisdnSequence: new JavaRandom(seeds.msisdn),
    shuffling: new JavaRandom(seeds.msisdnsShuffling),
    subscribers: [],
    order: [],
  };

  /**
   * The next file: records of the first `batchSize` subscribers (both numbers integers, at
   * least 1) for `months` from where the file before ended. The time is one for all: subscribers
   * that join in a later call have records from that call's time on.
   */
  nextFile(request: Partial<GenerateRequest> = {}): GeneratedCdrFile {
    const { batchSize = 1, months = 1, untilMs } = request;
    const before = this.progress;
    const progress = copyOf(before);
    const uuid = nextNameUuid(progress.fileNames);
    const index = String(progress.fileIndex++).padStart(3, '0');
    const startMs = progress.nextRecordedAtMs;
    const { instantsMs, nextMs, isCut } = dailyInstants(startMs, months, untilMs);
    progress.nextRecordedAtMs = nextMs;
    admit(progress, batchSize);
    return {
      name: `idr_${index}_${localDateText(startMs)}_${uuid}.csv`,
      temporaryName: `tmp_${uuid}`,
      recordCount: instantsMs.length * batchSize,
      isCut,
      msisdns: progress.subscribers.slice(0, batchSize).map(({ msisdn }) => msisdn),
      chunks: () =>
        chunksFrom(progress, instantsMs, (after) => {
          // A second reading of an older file must not move the generator back.
          if (this.progress === before) this.progress = after;
        }),
    };
  }
}

function* chunksFrom(
  start: Progress,
  instantsMs: readonly number[],
  finished: (after: Progress) => void,
): Generator<Buffer, void> {
  const progress = copyOf(start);
  const lines = new LineBuffer();
  for (const instantMs of instantsMs) {
    const recordedAt = zonedText(instantMs);
    shuffle(progress.order, progress.shuffling);
    for (const subscriberIndex of progress.order) {
      lines.add(lineOf(progress.subscribers[subscriberIndex], recordedAt));
      if (lines.full) yield lines.take();
    }
  }
  if (!lines.empty) yield lines.take();
  finished(progress);
}

function lineOf({ msisdn, recordIds, recordedBytes }: Subscriber, recordedAt: string): string {
  const bytes = Math.floor(recordedBytes.nextDouble() * MAX_RECORDED_BYTES);
  return `${nextNameUuid(recordIds)};${recordedAt};${msisdn};${bytes}\n`;
}

// The first system shuffles one list again and again, so the order so far is part of the state.
function admit(progress: Progress, batchSize: number): void {
  const { subscribers, msisdnSequence } = progress;
  for (let index = subscribers.length; index < batchSize; index++) {
    subscribers.push({
      msisdn: nextMsisdn(msisdnSequence),
      recordIds: new JavaRandom(seeds.incomingRecordId + index),
      recordedBytes: new JavaRandom(seeds.recordedBytes + index),
    });
  }
  const kept = progress.order.filter((index) => index < batchSize);
  for (let index = kept.length; index < batchSize; index++) kept.push(index);
  progress.order = kept;
}

function copyOf(progress: Progress): Progress {
  return {
    ...progress,
    fileNames: progress.fileNames.clone(),
    msisdnSequence: progress.msisdnSequence.clone(),
    shuffling: progress.shuffling.clone(),
    subscribers: progress.subscribers.map(({ msisdn, recordIds, recordedBytes }) => ({
      msisdn,
      recordIds: recordIds.clone(),
      recordedBytes: recordedBytes.clone(),
    })),
    order: [...progress.order],
  };
}
