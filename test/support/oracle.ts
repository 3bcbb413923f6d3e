import { inForceAt, isPiece, marked, type Feed, type Window } from './oracle-rules.js';
import { periodAt } from './calendar-oracle.js';
import {
  identityOf,
  type Book,
  type OracleAgreement,
  type OracleCorrection,
  type OracleDeadLetter,
  type OracleEvent,
  type OracleFeedProgress,
  type OracleMessage,
  type OracleRecord,
  type OracleResult,
  type OracleRow,
} from './oracle-model.js';

const largestTotal = BigInt(Number.MAX_SAFE_INTEGER);

/** Everything known while the log is read from its start. */
class Ledger {
  readonly rows = new Map<string, OracleRow>();
  readonly versionsOf = new Map<string, OracleRow[]>();
  readonly versions: OracleRow[] = [];
  readonly messages: OracleMessage[] = [];
  readonly books = new Map<number, Book>();
  readonly deadLetters: OracleDeadLetter[] = [];
  readonly agreements = new Map<string, OracleAgreement>();
  readonly agreementsOf = new Map<number, OracleAgreement[]>();
  readonly feeds = new Map<string, Feed>();
  readonly windows = new Map<string, Window>();
  open: Window[] = [];
  /** Identities of what waits, by MSISDN. */
  readonly waitingOf = new Map<number, string[]>();
  watermarkMs: number | undefined = undefined;
  stampMs = -Infinity;
  newestOfTopicMs = -Infinity;

  process(event: OracleEvent): void {
    switch (event.type) {
      case 'record':
        if (this.#isOutOfReach(event.record)) {
          return this.#refuse(event.offset, 'RECORD_IN_FUTURE');
        }
        this.#record(event.offset, event.record);
        if (event.record.fileId === 0) this.#observe(event.record.recordedAtMs);
        return;
      case 'agreement':
        return this.#agreement(event.offset, event.agreement);
      case 'correction':
        return this.#correction(event.offset, event.correction);
      case 'feed':
        return this.#feed(event.progress);
    }
  }

  #record(offset: number, record: OracleRecord): void {
    if (this.versionsOf.has(identityOf(record))) return this.#again(offset, record);
    const agreement = this.#inForce(record.msisdn, record.recordedAtMs);
    if (agreement === undefined) {
      const row = {
        ...record,
        version: offset,
        agreementId: undefined,
        status: 'waiting',
        ...marked(record.unterminated),
      } as const;
      this.#write(row);
      const others = this.waitingOf.get(record.msisdn) ?? [];
      this.waitingOf.set(record.msisdn, [...others, identityOf(row)]);
      this.#book(record.fileId, { waiting: 1 });
      return;
    }
    if (this.#wouldOverflow(agreement, record)) {
      this.#reject(offset, record.fileId, 'TOTAL_OUT_OF_RANGE');
      return;
    }
    this.#book(record.fileId, { [this.#count(offset, record, agreement)]: 1 });
  }

  /** A record whose identity is known. */
  #again(offset: number, record: OracleRecord): void {
    const versions = this.versionsOf.get(identityOf(record)) ?? [];
    const row = this.#row(identityOf(record));
    const { recordedBytes, fileId, unterminated = false } = record;
    if (row.provisional && !unterminated) {
      if (row.recordedBytes !== recordedBytes) return this.#supersede(offset, record, row);
      this.#write({ ...row, provisional: undefined, version: offset });
      return this.#book(fileId, { duplicate: 1 });
    }
    const isTheSame = (known: OracleRow): boolean =>
      known.recordedBytes === recordedBytes ||
      (unterminated && isPiece(recordedBytes, known.recordedBytes));
    if (versions.some(isTheSame)) return this.#book(fileId, { duplicate: 1 });
    if (row.provisional && isPiece(row.recordedBytes, recordedBytes)) {
      return this.#supersede(offset, record, row);
    }
    this.#reject(offset, fileId, 'CONFLICTING_RECORD');
  }

  /** The line of the row was cut off, and here is more of it. */
  #supersede(offset: number, record: OracleRecord, row: OracleRow): void {
    const { recordedBytes, fileId, lineNo, unterminated } = record;
    const delta = recordedBytes - row.recordedBytes;
    const agreement = this.agreements.get(row.agreementId ?? '');
    const window = agreement && this.#window(agreement, row);
    if (window && this.#exactTotal(window) + BigInt(delta) > largestTotal) {
      return this.#reject(offset, fileId, 'TOTAL_OUT_OF_RANGE');
    }
    const place = { fileId, lineNo, provisional: marked(unterminated).provisional };
    const changed = { ...row, ...place, version: offset, recordedBytes };
    this.#write(changed);
    this.#book(row.fileId, { [row.status]: -1, duplicate: 1 });
    this.#book(fileId, { [row.status]: 1 });
    if (window) this.#saysOfCorrection(window, changed, delta);
  }

  /** Counts a record for the first time under its agreement and answers its status. */
  #count(
    offset: number,
    record: OracleRecord | OracleRow,
    agreement: OracleAgreement,
  ): 'counted' | 'late' {
    const window = this.#window(agreement, record);
    const status = this.#isClosed(window) ? 'late' : 'counted';
    const isProvisional = 'version' in record ? record.provisional : record.unterminated;
    this.#write({
      ...record,
      ...{ version: offset, agreementId: agreement.id, status },
      provisional: isProvisional ? true : undefined,
    });
    window.identities.push(identityOf(record));
    if (status === 'late') {
      this.#message(['BILLING_PERIOD_ADJUSTED', record.recordedBytes], window, record);
    }
    this.#exceededNow(window, record);
    return status;
  }

  #agreement(offset: number, agreement: OracleAgreement): void {
    const same = this.agreements.get(agreement.id);
    if (same !== undefined) {
      const fields = Object.keys(agreement) as (keyof OracleAgreement)[];
      if (fields.some((field) => same[field] !== agreement[field])) {
        this.deadLetters.push({ offset, code: 'AGREEMENT_CONFLICT' });
      }
      return;
    }
    const { msisdn } = agreement;
    this.agreements.set(agreement.id, agreement);
    this.agreementsOf.set(msisdn, [...(this.agreementsOf.get(msisdn) ?? []), agreement]);
    const waiting = (this.waitingOf.get(msisdn) ?? []).map((identity) => this.#row(identity));
    const sorted = [...waiting].sort(
      (a, b) => a.recordedAtMs - b.recordedAtMs || (a.recordId < b.recordId ? -1 : 1),
    );
    const released = new Set<OracleRow>();
    for (const row of sorted) {
      const inForce = this.#inForce(msisdn, row.recordedAtMs);
      // What is beyond the largest total goes on waiting.
      if (inForce === undefined || this.#wouldOverflow(inForce, row)) continue;
      released.add(row);
      const status = this.#count(offset, row, inForce);
      this.#book(row.fileId, { waiting: -1, [status]: 1 });
    }
    this.waitingOf.set(msisdn, waiting.filter((row) => !released.has(row)).map(identityOf));
  }

  #correction(offset: number, correction: OracleCorrection): void {
    const agreement = this.agreements.get(correction.agreementId);
    if (agreement?.msisdn !== correction.msisdn) return this.#refuse(offset, 'AGREEMENT_UNKNOWN');
    const row = this.rows.get(identityOf(correction));
    if (row === undefined) return this.#addByCorrection(offset, correction, agreement);
    if (row.agreementId !== agreement.id) {
      return this.#refuse(offset, 'RECORD_OF_ANOTHER_AGREEMENT');
    }
    const window = this.#window(agreement, row);
    const delta = correction.recordedBytes - row.recordedBytes;
    if (this.#exactTotal(window) + BigInt(delta) > largestTotal) {
      return this.#refuse(offset, 'TOTAL_OUT_OF_RANGE');
    }
    const { recordedBytes } = correction;
    const changed = { ...row, version: offset, recordedBytes, provisional: undefined };
    this.#write(changed);
    if (delta !== 0) this.#saysOfCorrection(window, changed, delta);
  }

  #saysOfCorrection(window: Window, changed: OracleRow, delta: number): void {
    if (window.exceeded || this.#isClosed(window)) {
      this.#message(['BILLING_PERIOD_ADJUSTED', delta], window, changed);
    }
    if (window.exceeded && this.#total(window) < window.agreement.maxBytesInBillingPeriod) {
      window.exceeded = false;
      this.#message(['DATA_PLAN_EXCEEDED_RETRACTED'], window, changed);
    } else this.#exceededNow(window, changed);
  }

  #addByCorrection(offset: number, correction: OracleCorrection, agreement: OracleAgreement): void {
    if (this.#inForce(agreement.msisdn, correction.recordedAtMs) !== agreement) {
      return this.#refuse(offset, 'AGREEMENT_NOT_IN_FORCE');
    }
    const { msisdn, recordedAtMs, recordId, recordedBytes } = correction;
    const record = { msisdn, recordedAtMs, recordId, recordedBytes, fileId: 0, lineNo: 0 };
    if (this.#wouldOverflow(agreement, record)) return this.#refuse(offset, 'TOTAL_OUT_OF_RANGE');
    this.#book(0, { [this.#count(offset, record, agreement)]: 1 });
  }

  /** Further ahead than anybody can have been silent. */
  #isOutOfReach({ fileId, recordedAtMs }: OracleRecord): boolean {
    if (fileId !== 0 || this.stampMs === -Infinity) return false;
    return recordedAtMs > this.stampMs + 366 * 86_400_000;
  }

  /** What is said of a feed says what time it is, too: none is complete beyond that. */
  #feed({ stampMs, ...progress }: OracleFeedProgress): void {
    const writtenMs = stampMs ?? progress.completeThroughMs ?? 0;
    if (writtenMs > 0) this.stampMs = Math.max(this.stampMs, writtenMs);
    this.#progress(progress, writtenMs);
    const topic = this.feeds.get('topic');
    if (topic !== undefined) topic.through = this.#throughOfTopic(topic);
    this.#moveWatermark();
  }

  #progress(progress: OracleFeedProgress, latestMs: number): void {
    const before = this.feeds.get(progress.feed);
    const { completeThroughMs: saidMs, maxOutOfOrdernessMs } = progress;
    const completeThroughMs = saidMs === undefined ? undefined : Math.min(saidMs, latestMs);
    const throughs = [before?.through, completeThroughMs].filter((ms) => ms !== undefined);
    this.feeds.set(progress.feed, {
      status: progress.status ?? before?.status ?? 'idle',
      through: throughs.length === 0 ? undefined : Math.max(...throughs),
      outOfOrderness: maxOutOfOrdernessMs ?? before?.outOfOrderness ?? 0,
    });
  }

  /** A record without a file is the progress of feed `topic`, up to the last stamp. */
  #observe(recordedAtMs: number): void {
    this.newestOfTopicMs = Math.max(this.newestOfTopicMs, recordedAtMs);
    this.#progress({ feed: 'topic', status: 'active' }, 0);
    const topic = this.feeds.get('topic') as Feed;
    topic.through = this.#throughOfTopic(topic);
    this.#moveWatermark();
  }

  #throughOfTopic({ through = -Infinity }: Feed): number | undefined {
    const latestMs = Math.max(through, Math.min(this.newestOfTopicMs, this.stampMs));
    return latestMs === -Infinity ? undefined : latestMs;
  }

  #moveWatermark(): void {
    const active = [...this.feeds.values()].filter((feed) => feed.status === 'active');
    const marks = active.map((feed) => (feed.through ?? NaN) - feed.outOfOrderness);
    const least = Math.min(...marks);
    if (active.length === 0 || Number.isNaN(least)) return;
    if (this.watermarkMs !== undefined && least <= this.watermarkMs) return;
    this.watermarkMs = least;
    this.#closeEnded();
  }

  /** `open` is in the order in which windows got their first record. */
  #closeEnded(): void {
    const ended = this.open.filter((window) => this.#isClosed(window));
    if (ended.length === 0) return;
    this.open = this.open.filter((window) => !this.#isClosed(window));
    const keyOf = (w: Window): string =>
      `${w.agreement.billingPeriodTimeZone} ${w.period.year} ${w.period.month}`;
    const firsts = [...new Set([...this.windows.values()].map(keyOf))];
    const rank = new Map(firsts.map((key, index) => [key, index]));
    ended.sort(
      (a, b) =>
        a.period.endMs - b.period.endMs || (rank.get(keyOf(a)) ?? 0) - (rank.get(keyOf(b)) ?? 0),
    );
    for (const window of ended) {
      const rows = window.identities.map((identity) => this.#row(identity));
      const latest = rows.reduce((a, b) => (b.recordedAtMs >= a.recordedAtMs ? b : a));
      this.#message(['BILLING_PERIOD_CLOSED'], window, latest);
    }
  }

  #exceededNow(window: Window, record: { recordedAtMs: number; recordId: string }): void {
    if (window.exceeded) return;
    if (this.#total(window) < window.agreement.maxBytesInBillingPeriod) return;
    window.exceeded = true;
    this.#message(['DATA_PLAN_EXCEEDED'], window, record);
  }

  #inForce(msisdn: number, recordedAtMs: number): OracleAgreement | undefined {
    return inForceAt(this.agreementsOf.get(msisdn) ?? [], recordedAtMs);
  }

  /** The window of a record; one that is made when its period has ended closes at once. */
  #window(agreement: OracleAgreement, record: OracleRecord | OracleRow): Window {
    const period = periodAt(agreement.billingPeriodTimeZone, record.recordedAtMs);
    const key = `${agreement.id} ${period.year} ${period.month}`;
    let window = this.windows.get(key);
    if (window === undefined) {
      window = { agreement, period, identities: [], exceeded: false };
      this.windows.set(key, window);
      if (!this.#isClosed(window)) this.open.push(window);
      else this.#message(['BILLING_PERIOD_CLOSED'], window, record);
    }
    return window;
  }

  #isClosed(window: Window): boolean {
    return this.watermarkMs !== undefined && this.watermarkMs >= window.period.endMs;
  }

  #total(window: Window): number {
    return Number(this.#exactTotal(window));
  }

  #exactTotal(window: Window): bigint {
    return window.identities.reduce((sum, id) => sum + BigInt(this.#row(id).recordedBytes), 0n);
  }

  #wouldOverflow(
    agreement: OracleAgreement,
    record: { recordedAtMs: number; recordedBytes: number },
  ): boolean {
    const period = periodAt(agreement.billingPeriodTimeZone, record.recordedAtMs);
    const window = this.windows.get(`${agreement.id} ${period.year} ${period.month}`);
    const total = window === undefined ? 0n : this.#exactTotal(window);
    return total + BigInt(record.recordedBytes) > largestTotal;
  }

  #row(identity: string): OracleRow {
    const row = this.rows.get(identity);
    if (row === undefined) throw new Error(`the oracle lost the row ${identity}`);
    return row;
  }

  #write(row: OracleRow): void {
    const { msisdn, recordedAtMs, recordId, version, agreementId } = row;
    const { recordedBytes, status, fileId, lineNo, provisional } = row;
    const kept: OracleRow = {
      ...{ msisdn, recordedAtMs, recordId, version, agreementId },
      ...{ recordedBytes, status, ...marked(provisional), fileId, lineNo },
    };
    const identity = identityOf(kept);
    this.rows.set(identity, kept);
    this.versionsOf.set(identity, [...(this.versionsOf.get(identity) ?? []), kept]);
    this.versions.push(kept);
  }

  #message(
    [type, delta]: readonly [type: string, delta?: number],
    window: Window,
    record: { readonly recordedAtMs: number; readonly recordId: string },
  ): void {
    const { agreement, period } = window;
    this.messages.push({
      type,
      agreementId: agreement.id,
      year: period.year,
      month: period.month,
      latestRecordedAtMs: record.recordedAtMs,
      recordId: record.recordId,
      total: this.#total(window),
      timestampMs: period.endMs - 1,
      ...(delta === undefined ? {} : { delta }),
    });
  }

  #reject(offset: number, fileId: number, code: string): void {
    this.#book(fileId, { rejected: 1 });
    this.#refuse(offset, code);
  }

  #refuse(offset: number, code: string): void {
    this.deadLetters.push({ offset, code });
  }

  /** Records without a file have no book. */
  #book(fileId: number, change: Partial<Book>): void {
    if (fileId === 0) return;
    const book = this.books.get(fileId) ?? {
      ...{ counted: 0, late: 0, waiting: 0 },
      ...{ duplicate: 0, rejected: 0 },
    };
    for (const [name, by] of Object.entries(change)) book[name as keyof Book] += by;
    this.books.set(fileId, book);
  }
}

/**
 * What a log must lead to, from its first event on: the rules of counting (docs/RULES.md) once
 * more, said as simply as they can be. One event after the other, nothing kept but lists and maps,
 * every total added up again from the rows. Slow on purpose; nothing of src/ is used here.
 */
export const oracleOf = (events: readonly OracleEvent[]): OracleResult => {
  const ledger = new Ledger();
  for (const event of events) ledger.process(event);
  const { rows, versions, messages, books, deadLetters, watermarkMs } = ledger;
  return { rows, versions, messages, books, deadLetters, watermarkMs };
};
