import { partitionOfNumber } from '../../src/streaming/index.js';
import type { Unplaced } from '../support/builders.js';
import type { OracleAgreement, OracleCorrection, OracleRecord } from '../support/oracle-model.js';
import type { SimFile } from './cluster.js';
import type { VirtualTime } from './virtual-time.js';

/** Something that comes from outside at a moment of the run. */
export interface Arrival<T> {
  readonly atMs: number;
  readonly what: T;
}

/** Everything the outside world does in one run. */
export interface Workload {
  readonly files: readonly Arrival<SimFile>[];
  /** Events that other producers write. */
  readonly events: readonly Arrival<Unplaced>[];
}

export const feeds = ['default', 'roaming', 'topic'] as const;

const at = (text: string): number => Date.parse(text);

/** Ends of periods in several zones, to the millisecond, and the middle of months; rising. */
const instants = [
  at('2019-12-31T22:59:59.999Z'),
  at('2019-12-31T23:00:00Z'),
  at('2020-01-01T00:00:00.001Z'),
  at('2020-01-10T12:00:00Z'),
  at('2020-01-10T12:00:00.500Z'),
  at('2020-01-31T18:30:00Z'),
  at('2020-01-31T22:59:59.999Z'),
  at('2020-01-31T23:00:00Z'),
  at('2020-02-01T05:00:00Z'),
  at('2020-02-15T00:00:00Z'),
  at('2020-02-29T23:30:00Z'),
  at('2020-03-15T08:00:00Z'),
  at('2020-04-01T04:00:00Z'),
];

const zones = ['Europe/Warsaw', 'America/New_York', 'Asia/Kolkata', 'UTC'] as const;
const sizes = [0, 1, 60, 100, 100, 1000];
const badLines = ['rubbish', '', ';;;', 'a;2020-01-01T00:00:00Z;0123;1', 'a;then;48500000001;1'];

const uuidOf = (kind: string, index: number): string =>
  `${kind.repeat(8)}-0000-4000-8000-${String(index).padStart(12, '0')}`;

/** Few subscribers, instants, ids and sizes, so that everything meets everything. */
class Outside {
  readonly #msisdns: readonly number[];
  readonly #lastRecordId: number;

  constructor(
    private readonly time: VirtualTime,
    private readonly lastMs: number,
  ) {
    this.#msisdns = Array.from(
      { length: time.between(1, 5) },
      (_, index) => 48_500_000_001 + index,
    );
    this.#lastRecordId = time.between(1, 12);
  }

  workload(): Workload {
    const { time } = this;
    const events: Arrival<Unplaced>[] = [];
    const add = (count: number, newEvent: () => Unplaced): void => {
      for (let n = 0; n < count; n++) {
        events.push({ atMs: time.below(this.lastMs), what: newEvent() });
      }
    };
    for (const msisdn of this.#msisdns) {
      // most subscribers have an agreement from the start
      const atMs = time.chance(0.7) ? 0 : time.below(this.lastMs);
      events.push({ atMs, what: { type: 'agreement', agreement: this.#agreement(msisdn) } });
    }
    add(time.below(4), () => this.#agreementEvent());
    add(time.below(10), () => ({ type: 'record', record: this.#record() }));
    add(time.below(6), () => ({ type: 'correction', correction: this.#correction() }));
    add(time.below(3), () => this.#feed());
    const files = time.between(1, 4);
    return { events, files: Array.from({ length: files }, (_, file) => this.#file(file, files)) };
  }

  #agreement(msisdn: number): OracleAgreement {
    const { time } = this;
    // an id belongs to one subscriber, and it may be said twice with other content
    const id = uuidOf('a', (msisdn % 1000) * 10 + time.below(2));
    return {
      ...{ id, msisdn },
      signedAtMs: at(time.pick(['2019-11-01T00:00:00Z', '2019-12-01T00:00:00Z'])),
      serviceStartAtMs: at(
        time.pick(['2019-12-01T00:00:00Z', '2019-12-31T23:00:00Z', '2020-01-10T12:00:00Z']),
      ),
      billingPeriodTimeZone: time.pick(zones),
      maxBytesInBillingPeriod: time.pick([0, 100, 160, 1000, Number.MAX_SAFE_INTEGER]),
    };
  }

  #agreementEvent(): Unplaced {
    return { type: 'agreement', agreement: this.#agreement(this.time.pick(this.#msisdns)) };
  }

  #identity(newest = instants.length): { msisdn: number; recordedAtMs: number; recordId: string } {
    const { time } = this;
    return {
      msisdn: time.pick(this.#msisdns),
      recordedAtMs: instants[time.below(newest)],
      recordId: uuidOf('b', time.between(1, this.#lastRecordId)),
    };
  }

  #record(): OracleRecord {
    const recordedBytes = this.time.pick(sizes);
    return { ...this.#identity(8), recordedBytes, fileId: 0, lineNo: 0 };
  }

  #correction(): OracleCorrection {
    const identity = this.#identity();
    const { id: agreementId } = this.#agreement(identity.msisdn);
    return { ...identity, agreementId, recordedBytes: this.time.pick(sizes) };
  }

  #feed(): Unplaced {
    const status = this.time.pick(['active', 'idle', 'ended', undefined] as const);
    const stampMs = this.time.pick(instants);
    return { type: 'feed', progress: { feed: this.time.pick(feeds), status, stampMs } };
  }

  /** Later files have later records too. */
  #file(index: number, files: number): Arrival<SimFile> {
    const { time } = this;
    const newest = Math.max(3, Math.ceil((instants.length * (index + 1)) / files));
    const lines = Array.from({ length: time.between(1, 25) }, () => this.#line(newest));
    const text = lines.join('\n') + (time.chance(0.8) ? '\n' : '');
    const name = `cdr-${index}.csv`;
    const feed = time.pick(['default', 'default', 'roaming']);
    const atMs = Math.floor((this.lastMs * index) / files);
    return { atMs, what: { name, feed, bytes: Buffer.from(text) } };
  }

  #line(newest: number): string {
    const { time } = this;
    if (time.chance(0.06)) return time.pick(badLines);
    const { msisdn, recordedAtMs, recordId } = this.#identity(newest);
    const recordedAt = new Date(recordedAtMs).toISOString();
    return `${recordId};${recordedAt};${msisdn};${time.pick(sizes)}`;
  }
}

/** What comes from outside in the run of a seed, up to a moment. */
export const newWorkload = (time: VirtualTime, lastMs: number): Workload =>
  new Outside(time, lastMs).workload();

/** The lines of a file, as a person counts them. */
export const linesOf = ({ bytes }: SimFile): number => {
  const lines = bytes.toString().split('\n');
  return lines.at(-1) === '' ? lines.length - 1 : lines.length; // nothing is behind the last break
};

/** The partitions an event goes to: that of its subscriber, or all. */
export const partitionsFor = (event: Unplaced, partitions: number): number[] => {
  switch (event.type) {
    case 'record':
      return [partitionOfNumber(event.record.msisdn, partitions)];
    case 'agreement':
      return [partitionOfNumber(event.agreement.msisdn, partitions)];
    case 'correction':
      return [partitionOfNumber(event.correction.msisdn, partitions)];
    case 'feed':
      return Array.from({ length: partitions }, (_, partition) => partition);
  }
};

/** The periods of a crowd have ended then. */
export const endOfCrowd = at('2020-02-15T00:00:00Z');

/** Subscribers with one record each in January. */
export const crowdOf = (count: number): Unplaced[] =>
  Array.from({ length: count }, (_, index): Unplaced[] => {
    const msisdn = 49_000_000_000 + index;
    const id = uuidOf('c', index);
    const signedAtMs = at('2019-12-01T00:00:00Z');
    const period = { billingPeriodTimeZone: 'UTC', maxBytesInBillingPeriod: 1000 };
    const agreement = { id, msisdn, signedAtMs, serviceStartAtMs: signedAtMs, ...period };
    const recordedAtMs = at('2020-01-10T12:00:00Z');
    const record = { msisdn, recordedAtMs, recordId: id, recordedBytes: 1, fileId: 0, lineNo: 0 };
    return [
      { type: 'agreement', agreement },
      { type: 'record', record },
    ];
  }).flat();
