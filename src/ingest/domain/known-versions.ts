import type { Pieces } from '../../streaming/index.js';
import type { DataRecordRows, Identity } from './data-record-rows.js';
import { compareIds } from './id-order.js';
import type { FoundRecords } from './record-lookups.js';
import { rowsAPiece, sortedInPieces } from './in-pieces.js';
import type { StepOutput } from './step-output.js';
import { isProvisional, isWaiting } from './tables.js';

/** One version of a record that a step knows. */
export interface KnownVersion {
  readonly rows: DataRecordRows;
  readonly row: number;
}

/** What a further version of a known row has of its own. */
export interface Change {
  readonly status: number;
  /** Index of the agreement of a row that had none. */
  readonly agreement?: number;
  readonly bytes?: number;
  /** The line that the bytes stand in. */
  readonly place?: { readonly fileId: number; readonly lineNo: number };
}

/** The versions of records that a step knows: those in the store, and those it writes itself. */
export class KnownVersions {
  #byMsisdn: Map<number, number[]> | undefined;

  constructor(
    private readonly out: StepOutput,
    private readonly found: FoundRecords | undefined,
  ) {}

  /** All versions of an identity, in no order that matters. */
  *of(identity: Identity): Generator<KnownVersion> {
    const { records } = this.out;
    for (const row of records.of(identity)) yield { rows: records, row };
    const { found } = this;
    if (found) for (const row of found.of(identity)) yield { rows: found, row };
  }

  /** The greatest version of an identity. Of two rows of one event the one written last. */
  newest(identity: Identity): KnownVersion | undefined {
    let newest: KnownVersion | undefined;
    for (const version of this.of(identity)) newest = newerOf(newest, version);
    return newest;
  }

  /**
   * The newest version of every record of the subscriber that still waits, in the order in which
   * they are released: by time, then by id, as explain has them.
   */
  *waitingOf(msisdn: number): Pieces<KnownVersion[]> {
    const { out, found } = this;
    const versions: KnownVersion[] = [];
    for (const row of this.#foundOf(msisdn)) {
      versions.push({ rows: found as FoundRecords, row });
      if (versions.length % rowsAPiece === 0) yield;
    }
    for (const row of out.rowsOfWaiting.get(msisdn) ?? [])
      versions.push({ rows: out.records, row });
    const sorted = yield* sortedInPieces(versions, compareVersions);
    const waiting: KnownVersion[] = [];
    for (let at = 0; at < sorted.length; at++) {
      const version = sorted[at];
      const next = sorted[at + 1] as KnownVersion | undefined;
      const isNewest = next === undefined || compareReleased(version, next) !== 0;
      if (isNewest && isWaiting(version.rows.statuses[version.row])) waiting.push(version);
      if (at % rowsAPiece === rowsAPiece - 1) yield;
    }
    return waiting;
  }

  #foundOf(msisdn: number): readonly number[] {
    this.#byMsisdn ??= rowsByMsisdn(this.found);
    return this.#byMsisdn.get(msisdn) ?? [];
  }
}

const rowsByMsisdn = (found: FoundRecords | undefined): Map<number, number[]> => {
  const byMsisdn = new Map<number, number[]>();
  if (found === undefined) return byMsisdn;
  for (let row = 0; row < found.length; row++) {
    const rows = byMsisdn.get(found.msisdns[row]);
    if (rows) rows.push(row);
    else byMsisdn.set(found.msisdns[row], [row]);
  }
  return byMsisdn;
};

const newerOf = (known: KnownVersion | undefined, other: KnownVersion): KnownVersion =>
  known === undefined || other.rows.versions[other.row] > known.rows.versions[known.row]
    ? other
    : known;

/** Order of records of one subscriber: by time, then by id. */
const compareReleased = (a: KnownVersion, b: KnownVersion): number =>
  a.rows.recordedAtMs[a.row] - b.rows.recordedAtMs[b.row] ||
  compareIds({ rows: a.rows, at: a.row }, { rows: b.rows, at: b.row });

/** The same, and versions of one record the newest last; of one event the one written last. */
const compareVersions = (a: KnownVersion, b: KnownVersion): number =>
  compareReleased(a, b) || a.rows.versions[a.row] - b.rows.versions[b.row];

/** A record that comes, as far as it matters for one that is known already. */
export interface ComingRecord {
  readonly recordedBytes: number;
  /** It stands in a last line without a line break. */
  readonly isUnterminated: boolean;
}

/**
 * What a record is whose identity is known (docs/RULES.md). confirms: it is the provisional one,
 * read whole; supersedes: the provisional one was cut off, and gives way to it.
 */
export type Redelivery = 'duplicate' | 'conflict' | 'confirms' | 'supersedes';

/**
 * True when the digits of `cut` may be what is left of those of `whole`. Zeros can be left of any
 * number that was written with zeros in front.
 */
const isCutOf = (cut: number, whole: number): boolean =>
  cut < whole && (cut === 0 || String(whole).startsWith(String(cut)));

/** Judges a record by the versions of its identity; undefined when there are none. */
export const redelivered = (
  record: ComingRecord,
  versions: Iterable<KnownVersion>,
): { readonly is: Redelivery; readonly newest: KnownVersion } | undefined => {
  const { recordedBytes, isUnterminated } = record;
  let newest: KnownVersion | undefined;
  let isKnown = false;
  for (const version of versions) {
    const bytes = version.rows.recordedBytes[version.row];
    newest = newerOf(newest, version);
    isKnown ||= bytes === recordedBytes || (isUnterminated && isCutOf(recordedBytes, bytes));
  }
  return newest && { is: isKnown ? knownAs(record, newest) : newAs(record, newest), newest };
};

/** A record that says what a version says. */
const knownAs = (record: ComingRecord, { rows, row }: KnownVersion): Redelivery => {
  if (record.isUnterminated || !isProvisional(rows.statuses[row])) return 'duplicate';
  return rows.recordedBytes[row] === record.recordedBytes ? 'confirms' : 'supersedes';
};

/** A record that says what no version says. */
const newAs = (record: ComingRecord, { rows, row }: KnownVersion): Redelivery => {
  if (!isProvisional(rows.statuses[row])) return 'conflict';
  const isLonger = isCutOf(rows.recordedBytes[row], record.recordedBytes);
  return isLonger || !record.isUnterminated ? 'supersedes' : 'conflict';
};
