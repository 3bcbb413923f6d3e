import type {
  Agreement,
  Correction,
  LoggedRecord,
  LogEvent,
  StampedProgress,
} from './log-event.js';
import { monthAt, type Month } from './months.js';
import type { Column, Outcome } from './world.js';

/** One version of a record that has to be in the store. */
export interface Version {
  readonly record: LoggedRecord;
  readonly version: number;
  /** Offset of the event of the line that the record stands in. */
  readonly source: number;
  readonly agreementId: string | undefined;
  readonly outcome: Outcome;
}

/** A message that has to be on the topic, in the order in which it is sent. */
export interface Announcement {
  readonly type: string;
  readonly agreement: Agreement;
  readonly month: Month;
  readonly total: number;
  readonly recordedAtMs: number;
  /** The record it is about; several when it is about the latest and these are equally late. */
  readonly recordIds: readonly string[];
  readonly delta?: number;
}

/** The state of one agreement and month. */
export interface Account {
  readonly agreement: Agreement;
  readonly month: Month;
  /** Identity → the version in force, of all records that count here. */
  readonly records: Map<string, Version>;
  total: number;
  isOpen: boolean;
  isExceeded: boolean;
}

interface Feed {
  status: string;
  through: number | undefined;
  lag: number;
}

/** What is left of the digits of a number that was cut off; zeros in front mean nothing. */
const isPart = (part: number, whole: number): boolean => {
  for (let rest = whole; rest > 0; rest = Math.floor(rest / 10)) {
    if (rest === part && rest !== whole) return true;
  }
  return part === 0 && whole > 0;
};

export const identity = (record: {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordId: string;
}): string => `${record.msisdn}/${new Date(record.recordedAtMs).toISOString()}/${record.recordId}`;

/** Records that one agreement releases, in the order in which they count: by time, then by id. */
const compareReleased = (a: LoggedRecord, b: LoggedRecord): number => {
  if (a.recordedAtMs !== b.recordedAtMs) return a.recordedAtMs - b.recordedAtMs;
  return a.recordId < b.recordId ? -1 : 1;
};

/**
 * The rules of counting (docs/RULES.md) for one partition of the log: what each event leads to, in
 * the order of the log. Written from the text of the rules, for reading rather than for speed.
 */
export class Ledger {
  readonly versions: Version[] = [];
  readonly announcements: Announcement[] = [];
  readonly accounts = new Map<string, Account>();
  readonly agreements = new Map<string, { agreement: Agreement; offset: number }>();
  /** Offset of the record's event → what became of it. */
  readonly fates = new Map<number, { record: LoggedRecord; column: Column }>();
  /** Offsets of events that were refused. */
  readonly refused = new Set<number>();
  readonly #histories = new Map<string, Version[]>();
  readonly #agreementsOf = new Map<number, Agreement[]>();
  /** Of each MSISDN the records that wait. */
  readonly #waitingOf = new Map<number, Set<string>>();
  readonly #feeds = new Map<string, Feed>();
  #clock = -Infinity;
  #stamp = -Infinity;
  #newestOfTopic = -Infinity;

  apply(event: LogEvent, offset: number): void {
    switch (event.type) {
      case 'record':
        this.#record(event.record, offset);
        if (event.record.fileId === 0) {
          this.#newestOfTopic = Math.max(this.#newestOfTopic, event.record.recordedAtMs);
          this.#progress({ feed: 'topic', status: 'active', stampMs: this.#stamp });
        }
        return;
      case 'agreement':
        return this.#agree(event.agreement, offset);
      case 'correction':
        return this.#correct(event.correction, offset);
      case 'feed':
        return this.#progress(event.progress);
      case 'unreadable':
        this.refused.add(offset);
    }
  }

  #record(record: LoggedRecord, offset: number): void {
    const known = this.#histories.get(identity(record));
    if (known !== undefined) return this.#repeat(known, record, offset);
    const agreement = this.#inForce(record);
    if (agreement === undefined) {
      const version = {
        record,
        version: offset,
        source: offset,
        agreementId: undefined,
        outcome: 'waiting',
      } as const;
      this.#write(version);
      const others = this.#waitingOf.get(record.msisdn) ?? new Set();
      this.#waitingOf.set(record.msisdn, others.add(identity(record)));
      this.fates.set(offset, { record, column: 'waiting' });
      return;
    }
    const count = { agreement, offset, source: offset };
    this.fates.set(offset, { record, column: this.#count(record, count) });
  }

  /** The same record again: what is known of it is whole, or was read of a line cut off. */
  #repeat(known: readonly Version[], record: LoggedRecord, offset: number): void {
    const newest = known[known.length - 1];
    const { recordedBytes: bytes, isUnterminated } = record;
    const isOpen = newest.record.isUnterminated;
    const isSame = known.some(({ record: { recordedBytes: its } }) => its === bytes);
    const isPiece = known.some(({ record: { recordedBytes: its } }) => isPart(bytes, its));
    const isWholeNow = isOpen && !isUnterminated;
    if (isWholeNow && newest.record.recordedBytes === bytes) {
      const whole = { ...newest.record, isUnterminated: false };
      this.#write({ ...newest, record: whole, version: offset });
      this.fates.set(offset, { record, column: 'duplicate' });
    } else if (isWholeNow) this.#replace(newest, record, offset);
    else if (isSame || (isUnterminated && isPiece)) {
      this.fates.set(offset, { record, column: 'duplicate' });
    } else if (isOpen && isPart(newest.record.recordedBytes, bytes)) {
      this.#replace(newest, record, offset);
    } else {
      this.fates.set(offset, { record, column: 'rejected' });
      this.refused.add(offset);
    }
  }

  /** The line of the older version was cut off: this one stands for the record now. */
  #replace(older: Version, record: LoggedRecord, offset: number): void {
    const { source, outcome, agreementId } = older;
    this.fates.set(source, { record: older.record, column: 'duplicate' });
    this.fates.set(offset, { record, column: outcome });
    const newer = { ...older, source: offset };
    const agreement = this.agreements.get(agreementId ?? '')?.agreement;
    if (agreement === undefined) this.#write({ ...newer, record, version: offset });
    else this.#change(newer, { agreement, record, offset });
  }

  /** `source` is the offset of the event of the record's line. */
  #count(
    record: LoggedRecord,
    { agreement, offset, source }: { agreement: Agreement; offset: number; source: number },
  ): 'counted' | 'late' {
    const month = monthAt(agreement.zone, record.recordedAtMs);
    const outcome = month.endMs <= this.#clock ? 'late' : 'counted';
    const account = this.#accountFor(agreement, month, record);
    const agreementId = agreement.id;
    const version = { record, version: offset, source, agreementId, outcome } as const;
    this.#write(version);
    account.records.set(identity(record), version);
    account.total += record.recordedBytes;
    if (outcome === 'late') {
      this.#announce('BILLING_PERIOD_ADJUSTED', account, { record, delta: record.recordedBytes });
    }
    this.#weigh(account, record);
    return outcome;
  }

  /** Made for its first record; when that one is late, it is closed with nothing in it. */
  #accountFor(agreement: Agreement, month: Month, record: LoggedRecord): Account {
    const key = `${agreement.id} ${month.year}-${month.month}`;
    const known = this.accounts.get(key);
    if (known !== undefined) return known;
    const isOpen = month.endMs > this.#clock;
    const state = { total: 0, isOpen, isExceeded: false };
    const account = { agreement, month, records: new Map<string, Version>(), ...state };
    this.accounts.set(key, account);
    if (!isOpen) this.#announce('BILLING_PERIOD_CLOSED', account, { record });
    return account;
  }

  /** Exceeded at total ≥ allowance, once; taken back when that is no longer true. */
  #weigh(account: Account, record: LoggedRecord): void {
    const isExceeded = account.total >= account.agreement.maxBytes;
    if (isExceeded === account.isExceeded) return;
    account.isExceeded = isExceeded;
    const type = isExceeded ? 'DATA_PLAN_EXCEEDED' : 'DATA_PLAN_EXCEEDED_RETRACTED';
    this.#announce(type, account, { record });
  }

  #agree(agreement: Agreement, offset: number): void {
    const known = this.agreements.get(agreement.id);
    if (known !== undefined) {
      if (JSON.stringify(known.agreement) !== JSON.stringify(agreement)) this.refused.add(offset);
      return;
    }
    const { msisdn } = agreement;
    this.agreements.set(agreement.id, { agreement, offset });
    this.#agreementsOf.set(msisdn, [...(this.#agreementsOf.get(msisdn) ?? []), agreement]);
    const waiting = this.#waitingOf.get(msisdn) ?? new Set();
    const inOrder = [...waiting]
      .map((name) => this.#newest(name))
      .sort((a, b) => compareReleased(a.record, b.record));
    for (const version of inOrder) {
      const owner = this.#inForce(version.record);
      if (owner === undefined) continue;
      const { record, source } = version;
      waiting.delete(identity(record));
      const column = this.#count(record, { agreement: owner, offset, source });
      this.fates.set(source, { record, column });
    }
  }

  #correct(correction: Correction, offset: number): void {
    const { agreementId, ...input } = correction;
    const agreement = this.agreements.get(agreementId)?.agreement;
    if (agreement?.msisdn !== input.msisdn) return void this.refused.add(offset);
    const newest = this.#histories.get(identity(input))?.at(-1);
    if (newest === undefined) {
      if (this.#inForce(input) !== agreement) return void this.refused.add(offset);
      const record = { ...input, fileId: 0, lineNo: 0, isUnterminated: false };
      this.#count(record, { agreement, offset, source: offset });
      return;
    }
    if (newest.agreementId !== agreementId) return void this.refused.add(offset);
    const { recordedBytes } = input;
    const record = { ...newest.record, recordedBytes, isUnterminated: false };
    this.#change(newest, { agreement, record, offset });
  }

  /** The total moves by the difference; that is said when the period was exceeded or closed. */
  #change(newest: Version, to: { agreement: Agreement; record: LoggedRecord; offset: number }) {
    const { agreement, record, offset } = to;
    const version = { ...newest, record, version: offset };
    const delta = record.recordedBytes - newest.record.recordedBytes;
    const month = monthAt(agreement.zone, record.recordedAtMs);
    const account = this.#accountFor(agreement, month, record);
    this.#write(version);
    account.records.set(identity(record), version);
    account.total += delta;
    if (delta === 0) return;
    if (!account.isOpen || account.isExceeded) {
      this.#announce('BILLING_PERIOD_ADJUSTED', account, { record, delta });
    }
    this.#weigh(account, record);
  }

  #progress({
    feed,
    status,
    completeThroughMs,
    maxOutOfOrdernessMs,
    stampMs,
  }: StampedProgress): void {
    this.#stamp = Math.max(this.#stamp, stampMs);
    const known = this.#feeds.get(feed) ?? { status: 'idle', through: undefined, lag: 0 };
    known.status = status ?? known.status;
    known.lag = maxOutOfOrdernessMs ?? known.lag;
    if (completeThroughMs !== undefined) {
      known.through = Math.max(known.through ?? -Infinity, Math.min(completeThroughMs, stampMs));
    }
    this.#feeds.set(feed, known);
    this.#moveTopic();
    this.#moveClock();
  }

  /** Feed `topic` is where its newest record is, as far as somebody said that it is so late. */
  #moveTopic(): void {
    const topic = this.#feeds.get('topic');
    const through = Math.min(this.#newestOfTopic, this.#stamp);
    if (topic !== undefined && through > (topic.through ?? -Infinity)) topic.through = through;
  }

  /** To the least of the feeds that are not idle; never back. */
  #moveClock(): void {
    const active = [...this.#feeds.values()].filter((one) => one.status === 'active');
    if (active.length === 0 || active.some(({ through }) => through === undefined)) return;
    const least = Math.min(...active.map(({ through = NaN, lag }) => through - lag));
    if (least <= this.#clock) return;
    this.#clock = least;
    for (const account of this.accounts.values()) {
      if (account.isOpen && account.month.endMs <= this.#clock) this.#close(account);
    }
  }

  #close(account: Account): void {
    account.isOpen = false;
    const records = [...account.records.values()].map(({ record }) => record);
    const recordedAtMs = Math.max(...records.map((record) => record.recordedAtMs));
    const latest = records.filter((record) => record.recordedAtMs === recordedAtMs);
    this.announcements.push({
      ...{ type: 'BILLING_PERIOD_CLOSED', agreement: account.agreement, month: account.month },
      ...{ total: account.total, recordedAtMs },
      recordIds: latest.map(({ recordId }) => recordId),
    });
  }

  /** Latest serviceStartAt at or before recordedAt, then latest signedAt. */
  #inForce(record: { readonly msisdn: number; readonly recordedAtMs: number }) {
    let best: Agreement | undefined;
    for (const one of this.#agreementsOf.get(record.msisdn) ?? []) {
      if (one.serviceStartAtMs > record.recordedAtMs) continue;
      const later =
        best === undefined ||
        one.serviceStartAtMs - best.serviceStartAtMs ||
        one.signedAtMs - best.signedAtMs;
      if (later === true || later > 0) best = one;
    }
    return best;
  }

  #newest(name: string): Version {
    return this.#histories.get(name)?.at(-1) as Version;
  }

  #write(version: Version): void {
    const name = identity(version.record);
    this.versions.push(version);
    this.#histories.set(name, [...(this.#histories.get(name) ?? []), version]);
  }

  #announce(
    type: string,
    { agreement, month, total }: Account,
    { record, delta }: { record: LoggedRecord; delta?: number },
  ): void {
    const { recordedAtMs, recordId } = record;
    const about = { recordedAtMs, recordIds: [recordId] };
    this.announcements.push({ type, agreement, month, total, ...about, delta });
  }
}
