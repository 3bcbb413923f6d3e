import type { GeneratedAgreement } from './agreements-generator.js';
import { JavaRandom } from './java-random.js';
import { LineBuffer } from './line-buffer.js';
import { nextNameUuid } from './name-uuid.js';
import { dayMs, demoZone } from './seeds.js';
import { zonedText } from './zoned-time.js';

const GIB = 1024 ** 3;
const hourMs = 3_600_000;
const serviceBeforeStartMs = 62 * dayMs;
const signedBeforeServiceMs = 10 * dayMs;
const lateByMs = 35 * dayMs;
const recentLinesKept = 1024;

/** What lines to make. Shares are in [0, 1], of all lines, and together at most 1. */
export interface WorkloadOptions {
  readonly seed: number;
  readonly subscribers: number;
  /** Lines in all, the bad and the repeated ones too. */
  readonly records: number;
  /** Time of the first line; also what the agreements' start is reckoned from. */
  readonly startMs: number;
  /**
   * Days between two records of one subscriber, may be a fraction (1/24 is hourly). For records
   * that are out of order within their MSISDN it must be less than maxOutOfOrdernessMs.
   */
  readonly daysStep: number;
  /** Lines that are up to maxOutOfOrdernessMs older than the line's place says. */
  readonly outOfOrderShare: number;
  readonly maxOutOfOrdernessMs: number;
  /** Lines that repeat one of the last 1024 readable, not late, lines byte for byte. */
  readonly duplicateShare: number;
  readonly malformedShare: number;
  /** Lines 35 days older than their place: their period has ended when the clock follows. */
  readonly lateShare: number;
  /** Bytes of a record are below this. */
  readonly maxRecordedBytes: number;
}

/** What was made: lines = inOrder + outOfOrder + late + duplicate + malformed. */
export interface WorkloadBook {
  lines: number;
  inOrder: number;
  outOfOrder: number;
  late: number;
  duplicate: number;
  malformed: number;
  /** Sum of recordedBytes of the lines in order and out of order. */
  recordedBytes: number;
  /** Sum of recordedBytes of the late lines. */
  lateBytes: number;
  /** The newest recordedAt of a readable line. */
  lastRecordedAtMs: number;
}

type LineKind = 'inOrder' | 'outOfOrder' | 'late' | 'duplicate' | 'malformed';

/** A month of daily lines of 100 subscribers with nothing wrong in them; override what you need. */
export const plainWorkload: WorkloadOptions = {
  seed: 1,
  subscribers: 100,
  records: 3000,
  startMs: Date.UTC(2020, 0, 1, 23),
  daysStep: 1,
  outOfOrderShare: 0,
  maxOutOfOrdernessMs: 4 * hourMs,
  duplicateShare: 0,
  malformedShare: 0,
  lateShare: 0,
  maxRecordedBytes: GIB / 2,
};

/** Subscriber `index` of every workload, below 10^9: no two have the same MSISDN. */
export function workloadMsisdn(index: number): number {
  return 48_000_000_000 + ((index * 7919) % 1e9);
}

/**
 * The agreements of all subscribers of a workload, in the order of their index: in force 62 days
 * before `startMs`, so for late lines too; plans of 5 and 10 GiB by turns.
 */
export function workloadAgreements(options: Partial<WorkloadOptions>): GeneratedAgreement[] {
  const { seed, subscribers, startMs } = { ...plainWorkload, ...options };
  const ids = new JavaRandom(seed + 1);
  const startAtMs = startMs - serviceBeforeStartMs;
  return Array.from({ length: subscribers }, (_, index) => ({
    id: nextNameUuid(ids),
    msisdn: workloadMsisdn(index),
    signedAtMs: startAtMs - signedBeforeServiceMs,
    serviceStartAtMs: startAtMs,
    billingPeriodTimeZone: demoZone,
    maxBytesInBillingPeriod: (index % 2 === 0 ? 5 : 10) * GIB,
  }));
}

/**
 * Writes the lines of a workload in chunks of about 64 KiB. The same options give the same bytes.
 * Subscribers take turns; the lines of a turn are spread evenly over its `daysStep`.
 */
export function writeWorkload(
  options: Partial<WorkloadOptions>,
  write: (chunk: Buffer) => void,
): WorkloadBook {
  const lines = new LineBuffer();
  const workload = new Workload({ ...plainWorkload, ...options });
  for (let place = 0; place < workload.options.records; place++) {
    lines.add(workload.line(place));
    if (lines.full) write(lines.take());
  }
  if (!lines.empty) write(lines.take());
  return workload.book;
}

class Workload {
  readonly book: WorkloadBook = {
    lines: 0,
    inOrder: 0,
    outOfOrder: 0,
    late: 0,
    duplicate: 0,
    malformed: 0,
    recordedBytes: 0,
    lateBytes: 0,
    lastRecordedAtMs: 0,
  };
  private readonly kinds: JavaRandom;
  private readonly ids: JavaRandom;
  private readonly draws: JavaRandom;
  private readonly recent: string[] = [];

  constructor(readonly options: WorkloadOptions) {
    this.kinds = new JavaRandom(options.seed + 2);
    this.ids = new JavaRandom(options.seed + 3);
    this.draws = new JavaRandom(options.seed + 4);
  }

  line(place: number): string {
    const kind = this.kindOf();
    this.book.lines++;
    this.book[kind]++;
    switch (kind) {
      case 'duplicate':
        return this.recent[this.draws.nextInt(this.recent.length)];
      case 'malformed':
        return this.malformed(place);
      case 'late':
        return this.record(place, lateByMs, 'lateBytes');
      case 'outOfOrder':
        return this.remember(place, this.record(place, this.backMs(), 'recordedBytes'));
      case 'inOrder':
        return this.remember(place, this.record(place, 0, 'recordedBytes'));
    }
  }

  private kindOf(): LineKind {
    const { outOfOrderShare, duplicateShare, malformedShare, lateShare } = this.options;
    let draw = this.kinds.nextDouble();
    if ((draw -= outOfOrderShare) < 0) return 'outOfOrder';
    if ((draw -= malformedShare) < 0) return 'malformed';
    if ((draw -= lateShare) < 0) return 'late';
    const repeats = draw < duplicateShare && this.recent.length > 0;
    return repeats ? 'duplicate' : 'inOrder';
  }

  private record(place: number, backMs: number, sum: 'recordedBytes' | 'lateBytes'): string {
    const recordedAtMs = this.placeMs(place) - backMs;
    const bytes = Math.floor(this.draws.nextDouble() * this.options.maxRecordedBytes);
    this.book[sum] += bytes;
    this.book.lastRecordedAtMs = Math.max(this.book.lastRecordedAtMs, recordedAtMs);
    const msisdn = workloadMsisdn(place % this.options.subscribers);
    return `${nextNameUuid(this.ids)};${zonedText(recordedAtMs)};${msisdn};${bytes}\n`;
  }

  private malformed(place: number): string {
    const id = nextNameUuid(this.ids);
    const recordedAt = zonedText(this.placeMs(place));
    const msisdn = workloadMsisdn(place % this.options.subscribers);
    const broken = [
      `${id};${recordedAt};${msisdn}`,
      `${id};${recordedAt};${msisdn};1;1`,
      `${id};${recordedAt};${msisdn};-1`,
      `${id};${recordedAt};${msisdn};1e9`,
      `${id};${recordedAt};;1`,
      `${id};${recordedAt};0${msisdn};1`,
      `${id};2020-02-30T00:00+01:00[Europe/Warsaw];${msisdn};1`,
      `${id};2020-02-01T00:00;${msisdn};1`,
    ];
    return `${broken[this.draws.nextInt(broken.length)]}\n`;
  }

  private remember(place: number, line: string): string {
    this.recent[this.recent.length < recentLinesKept ? this.recent.length : place & 1023] = line;
    return line;
  }

  private backMs(): number {
    const { maxOutOfOrdernessMs } = this.options;
    return (this.draws.nextInt(Math.floor(maxOutOfOrdernessMs / 1000)) + 1) * 1000;
  }

  // Whole seconds, as real CDRs have them.
  private placeMs(place: number): number {
    const { startMs, daysStep, subscribers } = this.options;
    const elapsedMs = (place / subscribers) * daysStep * dayMs;
    return startMs + Math.floor(elapsedMs / 1000) * 1000;
  }
}
