import {
  agreementEdgeErrors,
  agreementsErrors,
  type BillingCalendar,
} from '../agreements/index.js';
import {
  applyFeedProgress,
  observeRecord,
  type FaultCodes,
  type FeedProgress,
  type Pieces,
} from '../streaming/index.js';
import { parseUuid, uuidText } from '../values/index.js';
import { agreementOfEvent } from './domain/agreement-of-event.js';
import type { DataRecordRow, Identity, MatchedEvent } from './domain/data-record-rows.js';
import type { IngestState, Usage, UsageSink } from './domain/ingest-state.js';
import { rowsAPiece } from './domain/in-pieces.js';
import {
  KnownVersions,
  redelivered,
  type Change,
  type KnownVersion,
} from './domain/known-versions.js';
import type { CorrectionPayload, FoundRecords } from './domain/record-lookups.js';
import type { StepOutput } from './domain/step-output.js';
import {
  isProvisional,
  isWaiting,
  outcomeOf,
  statusOf,
  type RecordOutcome,
} from './domain/tables.js';
import { eventTypes, isRecord, type ReadonlyUsageEvents } from './domain/usage-events.js';
import { ingestErrors, recordErrors } from './errors.js';

/** Records that came without a file belong to this feed; they are its progress themselves. */
export const topicFeed = 'topic';

const noAgreement = new Uint32Array(4);
const noRaw = new Uint8Array(0);
const codes: FaultCodes = { ...ingestErrors, ...agreementEdgeErrors, ...recordErrors };
/** So long nobody may have said what time it is, and others gone on writing (docs/RULES.md). */
const mostUnstampedMs = 366 * 86_400_000;

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
  readonly #known: KnownVersions;
  #offset = 0;

  constructor(
    private readonly state: IngestState,
    private readonly input: { events: ReadonlyUsageEvents; found: FoundRecords | undefined },
    private readonly ports: { out: StepOutput; sink: UsageSink },
  ) {
    this.#known = new KnownVersions(ports.out, input.found);
  }

  /**
   * Applies one event of the batch by the rules of counting (docs/RULES.md), in log order. An
   * agreement that records wait for is applied in pieces: the event is over when they are.
   */
  apply(at: number): Pieces<void> | undefined {
    const { events } = this.input;
    this.#offset = events.offsets[at];
    const type = events.types[at];
    if (isRecord(type)) this.#record(at);
    else if (type === eventTypes.agreement) return this.#agreement(at);
    else if (type === eventTypes.correction) this.#correction(at);
    else if (type === eventTypes.feed) this.#feed(at);
    else if (type === eventTypes.unreadable) this.#unreadable(at);
    return undefined;
  }

  #unreadable(at: number): void {
    const payload = this.input.events.payloads[at];
    const { code, message } = JSON.parse(payload) as { code: string; message: string };
    this.#refuse(at, code, message);
  }

  #feed(at: number): void {
    const { events } = this.input;
    const progress = JSON.parse(events.payloads[at]) as FeedProgress;
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

  /** True when the identity is stored; what the record is then is booked. */
  #isKnown(at: number): boolean {
    const { events } = this.input;
    const coming = {
      recordedBytes: events.recordedBytes[at],
      isUnterminated: this.#isUnterminated(at),
    };
    const known = redelivered(coming, this.#known.of(this.#identityAt(at)));
    if (known === undefined) return false;
    const { is, newest } = known;
    if (is === 'conflict') this.#refuse(at, 'CONFLICTING_RECORD');
    else if (is === 'supersedes') this.#supersede(at, newest);
    else {
      if (is === 'confirms') this.#confirm(newest);
      this.ports.out.book(events.fileIds[at], 'duplicate');
    }
    return true;
  }

  #isUnterminated(at: number): boolean {
    return this.input.events.types[at] === eventTypes.unterminatedRecord;
  }

  /** A provisional record was read whole as it is. */
  #confirm(known: KnownVersion): void {
    const outcome = outcomeOf(known.rows.statuses[known.row]);
    this.#pushVersion(known, { status: statusOf(outcome, false) });
  }

  /**
   * A provisional record was cut off: the line in hand has all of it and takes its place, as a
   * correction. The line that was cut off becomes a duplicate.
   */
  #supersede(at: number, known: KnownVersion): void {
    const { events } = this.input;
    const { out, sink } = this.ports;
    const { rows, row } = known;
    const bytes = events.recordedBytes[at];
    const outcome = outcomeOf(rows.statuses[row]);
    const usage = this.#usageOfKnown(known, bytes - rows.recordedBytes[row]);
    if (usage && !sink.canAdd(usage)) return this.#refuse(at, 'TOTAL_OUT_OF_RANGE');
    out.book(rows.fileIds[row], outcome, -1);
    out.book(rows.fileIds[row], 'duplicate');
    out.book(events.fileIds[at], outcome);
    const status = statusOf(outcome, this.#isUnterminated(at));
    const place = { fileId: events.fileIds[at], lineNo: events.lineNos[at] };
    this.#pushVersion(known, { status, bytes, place });
    if (usage) sink.correct(usage);
  }

  #newRecord(at: number, subscriber: number): void {
    const { agreements } = this.state;
    const { events } = this.input;
    const agreement = agreements.inForce(subscriber, events.timestampsMs[at]);
    if (agreement === undefined) {
      agreements.waitingCount[subscriber]++;
      this.ports.out.noteWaiting(events.keys[at]);
      this.#push(at, 'waiting', undefined);
      this.ports.out.book(events.fileIds[at], 'waiting');
      return;
    }
    const usage = this.#usageOfEvent(agreement, at);
    if (!this.ports.sink.canAdd(usage)) {
      this.#refuse(at, 'TOTAL_OUT_OF_RANGE');
      return;
    }
    const outcome = usage.late ? 'late' : 'counted';
    this.#push(at, outcome, agreement);
    this.ports.out.book(events.fileIds[at], outcome);
    this.ports.sink.add(usage);
  }

  #agreement(at: number): Pieces<void> | undefined {
    const reading = agreementOfEvent(this.input.events, at);
    if (!reading.ok) {
      this.#refuse(at, reading.code, reading.message);
      return undefined;
    }
    const { agreement } = reading;
    const { outcome } = this.state.agreements.put(agreement);
    if (outcome === 'conflict') {
      this.#refuse(at, 'AGREEMENT_CONFLICT', agreementsErrors.AGREEMENT_CONFLICT.meaning);
    }
    if (outcome !== 'added') return undefined;
    this.ports.out.addAgreement({ agreement, version: this.#offset });
    const subscriber = this.state.agreements.subscriberFor(agreement.msisdn);
    const isWaitedFor = this.state.agreements.waitingCount[subscriber] > 0;
    return isWaitedFor ? this.#release(agreement.msisdn, subscriber) : undefined;
  }

  /** Counts the waiting records that now have an agreement. */
  *#release(msisdn: number, subscriber: number): Pieces<void> {
    const { agreements } = this.state;
    let looked = 0;
    for (const { rows, row } of yield* this.#known.waitingOf(msisdn)) {
      if (++looked % rowsAPiece === 0) yield;
      const identity = rows.identity(row);
      const agreement = agreements.inForce(subscriber, identity.recordedAtMs);
      if (agreement === undefined) continue;
      const usage = this.#usageOf(agreement, identity, rows.recordedBytes[row]);
      if (!this.ports.sink.canAdd(usage)) continue;
      agreements.waitingCount[subscriber]--;
      const outcome = usage.late ? 'late' : 'counted';
      const status = statusOf(outcome, isProvisional(rows.statuses[row]));
      this.#pushVersion({ rows, row }, { agreement, status });
      this.ports.out.book(rows.fileIds[row], 'waiting', -1);
      this.ports.out.book(rows.fileIds[row], outcome);
      this.ports.sink.add(usage);
    }
  }

  #correction(at: number): void {
    const { events } = this.input;
    const { sink } = this.ports;
    const payload = JSON.parse(events.payloads[at]) as CorrectionPayload;
    const agreement = this.state.agreements.findById(payload.agreementId);
    if (agreement === undefined) return this.#refuse(at, 'AGREEMENT_UNKNOWN');
    const bytes = payload.recordedBytes;
    const identity = {
      msisdn: events.keys[at],
      recordedAtMs: events.timestampsMs[at],
      recordIds: parseUuid(payload.recordId) as Uint32Array,
      recordIdAt: 0,
    };
    const newest = this.#known.newest(identity);
    if (newest === undefined) return this.#insert(at, agreement, { identity, bytes });
    const { rows, row } = newest;
    const outcome = outcomeOf(rows.statuses[row]);
    const isOfAgreement = outcome !== 'waiting' && this.#agreementOf(newest) === agreement;
    if (!isOfAgreement) return this.#refuse(at, 'RECORD_OF_ANOTHER_AGREEMENT');
    const delta = bytes - rows.recordedBytes[row];
    const usage = this.#usageOf(agreement, identity, delta);
    if (!sink.canAdd(usage)) return this.#refuse(at, 'TOTAL_OUT_OF_RANGE');
    // what a person says is final, also of a line that was cut off
    this.#pushVersion(newest, { status: statusOf(outcome, false), bytes });
    if (delta !== 0) sink.correct(usage);
  }

  /** A correction of a record nobody has seen adds it. */
  #insert(
    at: number,
    agreement: number,
    { identity, bytes }: { readonly identity: Identity; readonly bytes: number },
  ): void {
    const { agreements } = this.state;
    const subscriber = agreements.subscriberFor(identity.msisdn);
    const { recordedAtMs } = identity;
    if (agreements.inForce(subscriber, recordedAtMs) !== agreement) {
      return this.#refuse(at, 'AGREEMENT_NOT_IN_FORCE');
    }
    if (recordedAtMs > agreements.newestRecordedAtMs[subscriber]) {
      agreements.newestRecordedAtMs[subscriber] = recordedAtMs;
    }
    const usage = this.#usageOf(agreement, identity, bytes);
    if (!this.ports.sink.canAdd(usage)) return this.#refuse(at, 'TOTAL_OUT_OF_RANGE');
    this.ports.out.records.push({
      ...identity,
      version: this.#offset,
      ...{ agreementIds: agreements.idWords, agreementIdAt: agreement * 4 },
      recordedBytes: bytes,
      status: statusOf(usage.late ? 'late' : 'counted', false),
      ...{ fileId: 0, lineNo: 0, period: usage.period },
    });
    this.ports.sink.add(usage);
  }

  /** The usage by which a known record changes; undefined while it waits and counts nowhere. */
  #usageOfKnown(known: KnownVersion, deltaBytes: number): Usage | undefined {
    const agreement = this.#agreementOf(known);
    const identity = known.rows.identity(known.row);
    return agreement === undefined ? undefined : this.#usageOf(agreement, identity, deltaBytes);
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

  #identityAt(at: number): Identity {
    const { events } = this.input;
    return {
      msisdn: events.keys[at],
      recordedAtMs: events.timestampsMs[at],
      recordIds: events.recordIds,
      recordIdAt: at * 4,
    };
  }

  /** Index of the agreement that a known record counts for; undefined while it waits. */
  #agreementOf({ rows, row }: KnownVersion): number | undefined {
    return this.state.agreements.findById(uuidText(rows.agreementIds, row * 4));
  }

  #periodOf(agreement: number | undefined, recordedAtMs: number): number {
    if (agreement === undefined) return 0;
    const { agreements } = this.state;
    return agreements.calendar(agreements.zoneIndex[agreement]).periodOf(recordedAtMs);
  }

  #push(at: number, outcome: RecordOutcome, agreement: number | undefined): void {
    const matched = this.#matched;
    matched.status = statusOf(outcome, this.#isUnterminated(at));
    matched.agreementIds = agreement === undefined ? noAgreement : this.state.agreements.idWords;
    matched.agreementIdAt = (agreement ?? 0) * 4;
    matched.period = agreement === undefined ? 0 : this.#usage.period;
    this.ports.out.records.pushEvent(this.input.events, at, matched);
  }

  /** A further version of a known row: of a release, a correction, or a line read whole. */
  #pushVersion({ rows, row }: KnownVersion, change: Change): void {
    const { agreement, place } = change;
    if (isWaiting(rows.statuses[row])) this.ports.out.noteWaiting(rows.msisdns[row]);
    const hasOne = agreement === undefined;
    const version: DataRecordRow = {
      ...rows.identity(row),
      version: this.#offset,
      agreementIds: hasOne ? rows.agreementIds : this.state.agreements.idWords,
      agreementIdAt: (agreement ?? row) * 4,
      recordedBytes: change.bytes ?? rows.recordedBytes[row],
      status: change.status,
      fileId: place?.fileId ?? rows.fileIds[row],
      lineNo: place?.lineNo ?? rows.lineNos[row],
      period: this.#periodOf(agreement ?? this.#agreementOf({ rows, row }), rows.recordedAtMs[row]),
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
