import {
  agreementEdgeErrors,
  agreementsErrors,
  parseAgreement,
  type Agreement,
  type BillingCalendar,
} from '../agreements/index.js';
import {
  applyFeedProgress,
  observeRecord,
  parseUuid,
  uuidText,
  type FaultCodes,
  type FeedProgress,
} from '../streaming/index.js';
import type { DataRecordRow, Identity, MatchedEvent } from './domain/data-record-rows.js';
import type { IngestState, Usage, UsageSink } from './domain/ingest-state.js';
import type { CorrectionPayload, FoundRecords } from './domain/record-lookups.js';
import { type StepOutput, type BookColumn } from './domain/step-output.js';
import { recordStatuses } from './domain/tables.js';
import { eventTypes, type UsageEvents } from './domain/usage-events.js';
import { ingestErrors, recordErrors } from './errors.js';

/** Records that came without a file belong to this feed; they are its progress themselves. */
export const topicFeed = 'topic';

const counted = recordStatuses.indexOf('counted');
const late = recordStatuses.indexOf('late');
const waiting = recordStatuses.indexOf('waiting');
const noAgreement = new Uint32Array(4);
const noRaw = new Uint8Array(0);
const codes: FaultCodes = { ...ingestErrors, ...agreementEdgeErrors, ...recordErrors };
/** So long nobody may have said what time it is, and others gone on writing (docs/RULES.md). */
const mostUnstampedMs = 366 * 86_400_000;

type KnownVersion = { readonly rows: FoundRecords; readonly row: number };

/** Matches, deduplicates and judges events one by one; the sink gets what counts. */
export class IngestStep {
  readonly #usage: Usage = {
    agreement: 0,
    period: 0,
    recordedAtMs: 0,
    recordIds: noAgreement,
    recordIdAt: 0,
    deltaBytes: 0,
    late: false,
  };
  readonly #matched: MatchedEvent = {
    status: 0,
    agreementIds: noAgreement,
    agreementIdAt: 0,
    period: 0,
  };
  #offset = 0;

  constructor(
    private readonly state: IngestState,
    private readonly input: { events: UsageEvents; found: FoundRecords | undefined },
    private readonly ports: { out: StepOutput; sink: UsageSink },
  ) {}

  /** Applies one event of the batch: DESIGN rules of counting, in log order. */
  apply(at: number): void {
    const { events } = this.input;
    this.#offset = events.offsets[at];
    switch (events.types[at]) {
      case eventTypes.dataRecord:
        return this.#record(at);
      case eventTypes.agreement:
        return this.#agreement(at);
      case eventTypes.correction:
        return this.#correction(at);
      case eventTypes.feed:
        return this.#feed(at);
      case eventTypes.unreadable:
        this.#unreadable(at);
    }
  }

  #unreadable(at: number): void {
    const payload = this.input.events.payloads.get(at) as string;
    const { code, message } = JSON.parse(payload) as { code: string; message: string };
    this.#refuse(at, code, message);
  }

  #feed(at: number): void {
    const { events } = this.input;
    const progress = JSON.parse(events.payloads.get(at) as string) as FeedProgress;
    applyFeedProgress(this.state.clock, progress, events.timestampsMs[at]);
  }

  #record(at: number): void {
    const { events } = this.input;
    const { agreements, clock } = this.state;
    const recordedAtMs = events.timestampsMs[at];
    const isOfTopic = events.fileIds[at] === 0;
    if (isOfTopic && recordedAtMs > (clock.stampMs ?? Infinity) + mostUnstampedMs) {
      return this.#refuse(at, 'RECORD_IN_FUTURE');
    }
    const subscriber = agreements.subscriberFor(events.keys[at]);
    if (recordedAtMs > agreements.newestRecordedAtMs[subscriber]) {
      agreements.newestRecordedAtMs[subscriber] = recordedAtMs;
      this.#newRecord(at, subscriber);
    } else if (!this.#isKnown(at)) {
      this.#newRecord(at, subscriber);
    }
    if (isOfTopic) observeRecord(clock, topicFeed, recordedAtMs);
  }

  /** True when the identity is stored: a duplicate when the bytes are known too, else refused. */
  #isKnown(at: number): boolean {
    const { events } = this.input;
    let known = false;
    for (const { rows, row } of this.#versions(this.#identityAt(at))) {
      known = true;
      if (rows.recordedBytes[row] === events.recordedBytes[at]) {
        this.ports.out.book(events.fileIds[at], 'duplicate');
        return true;
      }
    }
    if (known) this.#refuse(at, 'CONFLICTING_RECORD');
    return known;
  }

  #newRecord(at: number, subscriber: number): void {
    const { agreements } = this.state;
    const { events } = this.input;
    const agreement = agreements.inForce(subscriber, events.timestampsMs[at]);
    if (agreement === undefined) {
      agreements.waitingCount[subscriber]++;
      const waitingRows = this.ports.out.waitingRows;
      const rows = waitingRows.get(events.keys[at]);
      if (rows) rows.push(this.ports.out.records.length);
      else waitingRows.set(events.keys[at], [this.ports.out.records.length]);
      this.#push(at, waiting, undefined);
      this.ports.out.book(events.fileIds[at], 'waiting');
      return;
    }
    const usage = this.#usageOfEvent(agreement, at);
    if (!this.ports.sink.canAdd(usage)) {
      this.#refuse(at, 'TOTAL_OUT_OF_RANGE');
      return;
    }
    this.#push(at, usage.late ? late : counted, agreement);
    this.ports.out.book(events.fileIds[at], usage.late ? 'late' : 'counted');
    this.ports.sink.add(usage);
  }

  #agreement(at: number): void {
    const { events } = this.input;
    const parsed = parseAgreement(JSON.parse(events.payloads.get(at) as string));
    if (!parsed.ok) return this.#refuse(at, parsed.code, parsed.message);
    const { agreement } = parsed;
    const { outcome } = this.state.agreements.put(agreement);
    if (outcome === 'conflict') {
      return this.#refuse(at, 'AGREEMENT_CONFLICT', agreementsErrors.AGREEMENT_CONFLICT.meaning);
    }
    if (outcome === 'same') return;
    this.ports.out.addAgreement(rowOf(agreement, this.#offset));
    const subscriber = this.state.agreements.subscriberFor(agreement.msisdn);
    if (this.state.agreements.waitingCount[subscriber] > 0) {
      this.#release(agreement.msisdn, subscriber);
    }
  }

  /** Counts the waiting records that now have an agreement, in order of their time. */
  #release(msisdn: number, subscriber: number): void {
    const { agreements } = this.state;
    const waitingNow = this.#waitingOf(msisdn)
      .filter(({ rows, row }) => {
        return agreements.inForce(subscriber, rows.recordedAtMs[row]) !== undefined;
      })
      .sort(
        (a, b) =>
          a.rows.recordedAtMs[a.row] - b.rows.recordedAtMs[b.row] ||
          a.rows.versions[a.row] - b.rows.versions[b.row],
      );
    for (const { rows, row } of waitingNow) {
      const identity = rows.identity(row);
      const agreement = agreements.inForce(subscriber, identity.recordedAtMs) as number;
      const usage = this.#usageOf(agreement, identity, rows.recordedBytes[row]);
      if (!this.ports.sink.canAdd(usage)) continue;
      agreements.waitingCount[subscriber]--;
      const column: BookColumn = usage.late ? 'late' : 'counted';
      this.#pushVersion({ rows, row }, { agreement, status: usage.late ? late : counted });
      this.ports.out.book(rows.fileIds[row], 'waiting', -1);
      this.ports.out.book(rows.fileIds[row], column);
      this.ports.sink.add(usage);
    }
  }

  /** The newest version of every record of the subscriber that still waits. */
  #waitingOf(msisdn: number): KnownVersion[] {
    const { found } = this.input;
    const { out } = this.ports;
    const candidates: KnownVersion[] = (out.waitingRows.get(msisdn) ?? []).map((row) => ({
      rows: out.records,
      row,
    }));
    for (let row = 0; row < (found?.length ?? 0); row++) {
      const rows = found as FoundRecords;
      if (rows.msisdns[row] === msisdn && rows.statuses[row] === waiting) {
        candidates.push({ rows, row });
      }
    }
    const seen = new Set<string>();
    return candidates.filter(({ rows, row }) => {
      const newest = this.#newest(rows.identity(row));
      const text = `${rows.recordedAtMs[row]} ${rows.recordIds.subarray(row * 4, row * 4 + 4)}`;
      if (newest?.rows.statuses[newest.row] !== waiting || seen.has(text)) return false;
      seen.add(text);
      return true;
    });
  }

  #correction(at: number): void {
    const { events } = this.input;
    const payload = JSON.parse(events.payloads.get(at) as string) as CorrectionPayload;
    const agreement = this.state.agreements.findById(payload.agreementId);
    if (agreement === undefined) return this.#refuse(at, 'AGREEMENT_UNKNOWN');
    events.recordIds.set(parseUuid(payload.recordId) as Uint32Array, at * 4);
    events.recordedBytes[at] = payload.recordedBytes;
    const newest = this.#newest(this.#identityAt(at));
    if (newest === undefined) return this.#insert(at, agreement);
    const { rows, row } = newest;
    const id = this.state.agreements.idAt(agreement);
    const sameAgreement = rows.statuses[row] !== waiting && id === this.#agreementIdText(rows, row);
    if (!sameAgreement) return this.#refuse(at, 'RECORD_OF_ANOTHER_AGREEMENT');
    const delta = payload.recordedBytes - rows.recordedBytes[row];
    const usage = this.#usageOf(agreement, this.#identityAt(at), delta);
    usage.late = rows.statuses[row] === late;
    if (!this.ports.sink.canAdd(usage)) return this.#refuse(at, 'TOTAL_OUT_OF_RANGE');
    const bytes = payload.recordedBytes;
    this.#pushVersion(newest, { agreement, status: rows.statuses[row], bytes });
    if (delta !== 0) this.ports.sink.correct(usage);
  }

  /** A correction of a record nobody has seen adds it. */
  #insert(at: number, agreement: number): void {
    const { events } = this.input;
    const { agreements } = this.state;
    const subscriber = agreements.subscriberFor(events.keys[at]);
    const recordedAtMs = events.timestampsMs[at];
    if (agreements.inForce(subscriber, recordedAtMs) !== agreement) {
      return this.#refuse(at, 'AGREEMENT_NOT_IN_FORCE');
    }
    if (recordedAtMs > agreements.newestRecordedAtMs[subscriber]) {
      agreements.newestRecordedAtMs[subscriber] = recordedAtMs;
    }
    this.#newRecord(at, subscriber);
  }

  #usageOf(agreement: number, identity: Identity, deltaBytes: number): Usage {
    const usage = this.#usage;
    usage.recordedAtMs = identity.recordedAtMs;
    usage.recordIds = identity.recordIds;
    usage.recordIdAt = identity.recordIdAt;
    usage.deltaBytes = deltaBytes;
    return this.#judged(agreement);
  }

  /** The same for an event as it came, without an object of its identity: the hot path. */
  #usageOfEvent(agreement: number, at: number): Usage {
    const { events } = this.input;
    const usage = this.#usage;
    usage.recordedAtMs = events.timestampsMs[at];
    usage.recordIds = events.recordIds;
    usage.recordIdAt = at * 4;
    usage.deltaBytes = events.recordedBytes[at];
    return this.#judged(agreement);
  }

  #judged(agreement: number): Usage {
    const { agreements, clock } = this.state;
    const calendar: BillingCalendar = agreements.calendar(agreements.zoneIndex[agreement]);
    const usage = this.#usage;
    usage.agreement = agreement;
    usage.period = calendar.periodOf(usage.recordedAtMs);
    usage.late =
      clock.watermarkMs !== undefined && clock.watermarkMs >= calendar.endMs(usage.period);
    return usage;
  }

  *#versions(identity: Identity): Generator<KnownVersion> {
    const { records } = this.ports.out;
    for (const row of records.of(identity)) yield { rows: records, row };
    const { found } = this.input;
    if (found) for (const row of found.of(identity)) yield { rows: found, row };
  }

  /** The greatest version of an identity. Of two rows of one event the one written last. */
  #newest(identity: Identity): KnownVersion | undefined {
    let newest: KnownVersion | undefined;
    for (const version of this.#versions(identity)) {
      if (
        newest === undefined ||
        version.rows.versions[version.row] > newest.rows.versions[newest.row]
      ) {
        newest = version;
      }
    }
    return newest;
  }

  #identityAt(at: number): Identity {
    const { events } = this.input;
    return {
      msisdn: events.keys[at],
      recordedAtMs: events.timestampsMs[at],
      recordIds: events.recordIds,
      recordIdAt: at * 4,
    };
  }

  #agreementIdText(rows: FoundRecords, row: number): string {
    return uuidText(rows.agreementIds, row * 4);
  }

  #push(at: number, status: number, agreement: number | undefined): void {
    const matched = this.#matched;
    matched.status = status;
    matched.agreementIds = agreement === undefined ? noAgreement : this.state.agreements.idWords;
    matched.agreementIdAt = (agreement ?? 0) * 4;
    matched.period = agreement === undefined ? 0 : this.#usage.period;
    this.ports.out.records.pushEvent(this.input.events, at, matched);
  }

  /** A further version of a known row: a release or a correction. */
  #pushVersion(
    { rows, row }: KnownVersion,
    change: { agreement: number; status: number; bytes?: number },
  ): void {
    const version: DataRecordRow = {
      ...rows.identity(row),
      version: this.#offset,
      agreementIds: this.state.agreements.idWords,
      agreementIdAt: change.agreement * 4,
      recordedBytes: change.bytes ?? rows.recordedBytes[row],
      status: change.status,
      fileId: rows.fileIds[row],
      lineNo: rows.lineNos[row],
      period: this.#usage.period,
    };
    this.ports.out.records.push(version);
  }

  #refuse(at: number, code: string, message?: string): void {
    const { events } = this.input;
    const { out } = this.ports;
    out.refuse({
      offset: this.#offset,
      fileId: events.fileIds[at],
      lineNo: events.lineNos[at],
      code,
      message: message ?? codes[code].meaning,
      raw: events.raw(at) ?? noRaw,
    });
    out.book(events.fileIds[at], 'rejected');
  }
}

const rowOf = (agreement: Agreement, version: number): (number | string | Uint32Array)[] => [
  parseUuid(agreement.id) as Uint32Array,
  agreement.msisdn,
  agreement.signedAtMs,
  agreement.serviceStartAtMs,
  agreement.billingPeriodTimeZone,
  agreement.maxBytesInBillingPeriod,
  version,
];
