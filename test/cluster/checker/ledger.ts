import type {
  Agreement,
  Correction,
  LoggedRecord,
  LogEvent,
  StampedProgress,
} from './log-event.js';
import { monthAt, type Month } from './months.js';
import type { Column, RowStatus } from './world.js';

/** One version of a record that has to be in the store. */
export interface Version {
  readonly record: LoggedRecord;
  readonly version: number;
  readonly agreementId: string | undefined;
  readonly status: RowStatus;
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

export const identity = (record: {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordId: string;
}): string => `${record.msisdn}/${new Date(record.recordedAtMs).toISOString()}/${record.recordId}`;

/**
 * The rules of counting (DESIGN.md §4) for one partition of the log: what each event leads to, in
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
  readonly #waitingOf = new Map<number, Version[]>();
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
    if (known !== undefined) {
      const isSame = known.some((one) => one.record.recordedBytes === record.recordedBytes);
      this.fates.set(offset, { record, column: isSame ? 'duplicate' : 'rejected' });
      if (!isSame) this.refused.add(offset);
      return;
    }
    const agreement = this.#inForce(record);
    if (agreement === undefined) {
      const version = {
        record,
        version: offset,
        agreementId: undefined,
        status: 'waiting',
      } as const;
      this.#write(version);
      const others = this.#waitingOf.get(record.msisdn) ?? [];
      this.#waitingOf.set(record.msisdn, [...others, version]);
      this.fates.set(offset, { record, column: 'waiting' });
      return;
    }
    this.fates.set(offset, { record, column: this.#count(record, agreement, offset) });
  }

  #count(record: LoggedRecord, agreement: Agreement, offset: number): 'counted' | 'late' {
    const month = monthAt(agreement.zone, record.recordedAtMs);
    const status = month.endMs <= this.#clock ? 'late' : 'counted';
    const account = this.#accountOf(agreement, month, status === 'counted');
    const version = { record, version: offset, agreementId: agreement.id, status } as const;
    this.#write(version);
    account.records.set(identity(record), version);
    account.total += record.recordedBytes;
    if (status === 'late') {
      this.#announce('BILLING_PERIOD_ADJUSTED', account, { record, delta: record.recordedBytes });
    }
    this.#weigh(account, record);
    return status;
  }

  #accountOf(agreement: Agreement, month: Month, isOpen: boolean): Account {
    const key = `${agreement.id} ${month.year}-${month.month}`;
    let account = this.accounts.get(key);
    if (account === undefined) {
      account = { agreement, month, records: new Map(), total: 0, isOpen, isExceeded: false };
      this.accounts.set(key, account);
    }
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
    const waiting = this.#waitingOf.get(msisdn) ?? [];
    const inOrder = [...waiting].sort(
      (a, b) => a.record.recordedAtMs - b.record.recordedAtMs || a.version - b.version,
    );
    const rest = new Set(waiting);
    for (const version of inOrder) {
      const owner = this.#inForce(version.record);
      if (owner === undefined) continue;
      rest.delete(version);
      const column = this.#count(version.record, owner, offset);
      this.fates.set(version.version, { record: version.record, column });
    }
    this.#waitingOf.set(msisdn, [...rest]);
  }

  #correct(correction: Correction, offset: number): void {
    const { agreementId, ...input } = correction;
    const agreement = this.agreements.get(agreementId)?.agreement;
    if (agreement?.msisdn !== input.msisdn) return void this.refused.add(offset);
    const newest = this.#histories.get(identity(input))?.at(-1);
    if (newest === undefined) {
      if (this.#inForce(input) !== agreement) return void this.refused.add(offset);
      this.#count({ ...input, fileId: 0, lineNo: 0 }, agreement, offset);
      return;
    }
    if (newest.agreementId !== agreementId) return void this.refused.add(offset);
    this.#change(newest, { agreement, bytes: input.recordedBytes, offset });
  }

  /** The total moves by the difference; that is said when the period was exceeded or closed. */
  #change(newest: Version, to: { agreement: Agreement; bytes: number; offset: number }): void {
    const { agreement, bytes, offset } = to;
    const record = { ...newest.record, recordedBytes: bytes };
    const version = { ...newest, record, version: offset };
    const delta = bytes - newest.record.recordedBytes;
    const account = this.#accountOf(agreement, monthAt(agreement.zone, record.recordedAtMs), false);
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
