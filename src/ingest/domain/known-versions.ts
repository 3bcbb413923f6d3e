import type { DataRecordRows, Identity } from './data-record-rows.js';
import { compareIds } from './id-order.js';
import type { FoundRecords } from './record-lookups.js';
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

  /** The newest version of every record of the subscriber that still waits. */
  waitingOf(msisdn: number): KnownVersion[] {
    const { out, found } = this;
    const candidates: KnownVersion[] = (out.waitingRows.get(msisdn) ?? []).map((row) => ({
      rows: out.records,
      row,
    }));
    for (let row = 0; row < (found?.length ?? 0); row++) {
      const rows = found as FoundRecords;
      if (rows.msisdns[row] === msisdn && isWaiting(rows.statuses[row])) {
        candidates.push({ rows, row });
      }
    }
    const seen = new Set<string>();
    const waiting: KnownVersion[] = [];
    for (const { rows, row } of candidates) {
      const newest = this.newest(rows.identity(row)) as KnownVersion;
      const text = `${rows.recordedAtMs[row]} ${rows.recordIds.subarray(row * 4, row * 4 + 4)}`;
      if (!isWaiting(newest.rows.statuses[newest.row]) || seen.has(text)) continue;
      seen.add(text);
      waiting.push(newest);
    }
    return waiting;
  }
}

const newerOf = (known: KnownVersion | undefined, other: KnownVersion): KnownVersion =>
  known === undefined || other.rows.versions[other.row] > known.rows.versions[known.row]
    ? other
    : known;

/** Order of versions of one event: by time, then by id, as explain has them. */
export const compareReleased = (a: KnownVersion, b: KnownVersion): number =>
  a.rows.recordedAtMs[a.row] - b.rows.recordedAtMs[b.row] ||
  compareIds({ rows: a.rows, at: a.row }, { rows: b.rows, at: b.row });

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
