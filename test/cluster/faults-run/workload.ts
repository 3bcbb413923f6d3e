import type { DroppedFile } from '../checker/world.js';
import { Random } from './random.js';

const dayMs = 86_400_000;
const mib = 1024 ** 2;
const startMs = Date.UTC(2020, 0, 3);
const days = 100;

export interface WorkloadSize {
  readonly seed: number;
  readonly files: number;
  readonly lines: number;
  readonly subscribers: number;
}

/** An agreement in the form of the wire contract. */
export interface AgreementWire {
  readonly id: string;
  readonly msisdn: string;
  readonly signedAt: string;
  readonly serviceStartAt: string;
  readonly billingPeriodTimeZone: string;
  readonly maxBytesInBillingPeriod: number;
}

/** A change of a record's bytes, as it is sent to PUT /api/data-records/:agreementId. */
export interface PlannedCorrection {
  /** Sent when so many files were dropped. */
  readonly afterFile: number;
  readonly agreementId: string;
  readonly recordedAt: string;
  readonly internalRecordId: string;
  readonly recordedBytes: number;
}

export interface Workload {
  readonly files: readonly DroppedFile[];
  /** There from the start, through REST. */
  readonly early: readonly AgreementWire[];
  /** There from the start, through topic `agreements`. */
  readonly byTopic: readonly AgreementWire[];
  /** While files are read: what waited for them is released. */
  readonly lateComers: readonly AgreementWire[];
  readonly corrections: readonly PlannedCorrection[];
}

const zones = ['Europe/Warsaw', 'America/New_York', 'Asia/Kolkata', 'UTC', 'Australia/Lord_Howe'];

const msisdnOf = (subscriber: number): string => String(48_600_000_000 + subscriber * 7919);

const iso = (ms: number): string => new Date(ms).toISOString();

const agreementOf = (
  random: Random,
  subscriber: number,
  serviceStartMs: number,
): AgreementWire => ({
  id: random.uuid(),
  msisdn: msisdnOf(subscriber),
  signedAt: iso(serviceStartMs - 5 * dayMs),
  serviceStartAt: iso(serviceStartMs),
  billingPeriodTimeZone: random.pick(zones),
  maxBytesInBillingPeriod: random.pick([2, 5, 10]) * 1024 * mib,
});

type LineKind = 'plain' | 'duplicate' | 'late' | 'malformed' | 'conflict';

/** Out of a hundred lines: what is wrong with some. */
const kindOf = (random: Random): LineKind => {
  const draw = random.next();
  if (draw < 0.04) return 'duplicate';
  if (draw < 0.06) return 'late';
  if (draw < 0.07) return 'malformed';
  if (draw < 0.08) return 'conflict';
  return 'plain';
};

const malformed = ['', 'no line at all', 'a;b;c;d', ';2020-01-05T00:00Z;48600000000;5', 'x;y;z'];

/** Makes the lines of files one after the other; later ones repeat lines of earlier ones. */
class Lines {
  readonly #recent: string[] = [];
  #number = 0;

  constructor(
    private readonly random: Random,
    private readonly subscribers: number,
  ) {}

  next(window: { fromMs: number; toMs: number }): string {
    const { random } = this;
    const kind = this.#recent.length === 0 ? 'plain' : kindOf(random);
    switch (kind) {
      case 'duplicate':
        return random.pick(this.#recent);
      case 'conflict':
        return `${random.pick(this.#recent)}1`;
      case 'malformed':
        return random.pick(malformed);
      case 'late':
        return this.#line(random.between(window.fromMs, window.toMs) - 35 * dayMs);
      case 'plain':
        return this.#remember(this.#line(random.between(window.fromMs, window.toMs)));
    }
  }

  #line(recordedAtMs: number): string {
    const { random } = this;
    const externalId = random.next() < 0.9 ? random.uuid() : `cdr-${this.#number++}`;
    const msisdn = msisdnOf(random.between(0, this.subscribers - 1));
    return `${externalId};${iso(recordedAtMs)};${msisdn};${random.between(0, 128 * mib)}`;
  }

  #remember(line: string): string {
    if (this.#recent.length < 4000) this.#recent.push(line);
    else this.#recent[this.random.between(0, 3999)] = line;
    return line;
  }
}

/** Every sixth file is of feed `roaming`, which is a day behind. */
const filesOf = ({ files, lines, subscribers }: WorkloadSize, random: Random): DroppedFile[] => {
  const maker = new Lines(random, subscribers);
  const linesPerFile = Math.ceil(lines / files);
  return Array.from({ length: files }, (_, at) => {
    const isRoaming = at % 6 === 5;
    const fromMs = startMs + ((at * days) / files) * dayMs - (isRoaming ? dayMs : 0);
    const window = { fromMs, toMs: fromMs + (days / files) * dayMs };
    const text = Array.from({ length: linesPerFile }, () => `${maker.next(window)}\n`).join('');
    const name = `part-${String(at).padStart(3, '0')}.csv`;
    return { name, feed: isRoaming ? 'roaming' : 'default', text };
  });
};

const goodLine = /^([0-9a-f-]{36});([^;]+);(\d+);(\d+)$/;

/** Of records that are in a file before, under agreements that are there from the start. */
const correctionsOf = (
  files: readonly DroppedFile[],
  agreements: readonly AgreementWire[],
  random: Random,
): PlannedCorrection[] => {
  const byMsisdn = new Map(agreements.map((agreement) => [agreement.msisdn, agreement.id]));
  return files.flatMap(({ text }, at) => {
    const lines = text.split('\n');
    const tries = Array.from({ length: 4 }, () => goodLine.exec(random.pick(lines)));
    const found = tries.find((line) => line !== null && byMsisdn.has(line[3]));
    if (!found) return [];
    const [, internalRecordId, recordedAt, msisdn] = found;
    const agreementId = byMsisdn.get(msisdn) ?? '';
    const recordedBytes = random.between(0, 256 * mib);
    return [{ afterFile: at + 4, agreementId, recordedAt, internalRecordId, recordedBytes }];
  });
};

/** Files, agreements and corrections of a run; the same size and seed give the same bytes. */
export const workloadOf = (size: WorkloadSize): Workload => {
  const random = new Random(size.seed);
  const first = startMs - 60 * dayMs;
  const part = (from: number, to: number): AgreementWire[] =>
    Array.from({ length: Math.floor((to - from) * size.subscribers) }, (_, at) =>
      agreementOf(random, Math.floor(from * size.subscribers) + at, first),
    );
  const early = part(0, 0.85);
  const byTopic = part(0.85, 0.92);
  // Two in a hundred never get one: their records wait for ever.
  const lateComers = part(0.92, 0.98);
  const second = early
    .filter((_, at) => at % 12 === 0)
    .map((_, at) => agreementOf(random, at * 12, startMs + 40 * dayMs));
  const files = filesOf(size, random);
  const corrected = early.filter((_, at) => at % 12 !== 0);
  return {
    files,
    early: [...early, ...second],
    byTopic,
    lateComers,
    corrections: correctionsOf(files, corrected, random),
  };
};
