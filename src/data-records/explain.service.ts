import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import {
  AGREEMENT_STORE,
  agreementToJson,
  type AgreementJson,
  type AgreementStore,
  type StoredAgreement,
} from '../agreements/index.js';
import {
  MESSAGE_LOG,
  messagePeriod,
  type LoggedMessage,
  type MessageLog,
} from '../billing-window/index.js';
import {
  DATA_RECORD_STORE,
  type DataRecordStore,
  type PeriodRows,
  type SourceFile,
} from './data-record-store.js';
import { refusal } from '../platform/http/refusal.js';
import { knownAgreement, periodRows, type PeriodRequest } from './data-records.service.js';
import {
  readLedger,
  type CountingPlace,
  type LedgerEntry,
  type LedgerPage,
  type Versions,
} from './domain/ledger.js';
import { readAgain } from './domain/period-pages.js';
import { recordedAtText } from './domain/recorded-at.js';
import { dataRecordsErrors } from './errors.js';
import { rivalSentence, whyRivalLost } from './domain/rivals.js';

/** One version of a record as explain tells it; `file` and `line` are null without a file. */
export interface VersionView {
  readonly internalRecordId: string;
  readonly recordedAt: string;
  readonly recordedBytes: number;
  readonly runningTotalBytes: number;
  readonly status: string;
  /** Of a last line without a line break: it gives way when it is read whole. */
  readonly provisional: boolean;
  /** Offset in the log of the event that wrote it. */
  readonly version: number;
  readonly feed: string | null;
  readonly file: string | null;
  readonly fileId: number | null;
  readonly line: number | null;
}

export interface RecordView extends VersionView {
  readonly earlierVersions: readonly VersionView[];
}

export interface RivalView extends AgreementJson {
  readonly reason: string;
  readonly why: string;
}

/** Why a period's total is what it is, from the agreement down to lines of files. */
export interface ExplanationView {
  readonly agreementId: string;
  readonly year: number;
  readonly month: number;
  readonly periodStart: string;
  /** The first instant that is not in the period. */
  readonly periodEnd: string;
  readonly agreement: AgreementJson & { readonly why: string };
  readonly rivals: readonly RivalView[];
  readonly maxBytesInBillingPeriod: number;
  readonly totalRecordedBytes: number;
  readonly countedBytes: number;
  readonly lateBytes: number;
  readonly exceeded: boolean;
  readonly closed: boolean;
  readonly crossingRecord: VersionView | null;
  /** A page, in the order of counting. */
  readonly records: readonly RecordView[];
  /** The `after` of the next page; null on the last one. */
  readonly next: string | null;
  /** The first ones of the period. */
  readonly messages: readonly LoggedMessage[];
  readonly hasMoreMessages: boolean;
}

/** Most records of a page. */
export const mostExplained = 1000;
const mostMessages = 1000;

export interface ExplainPage {
  readonly limit: number;
  readonly after?: CountingPlace | undefined;
  /** True once nobody waits for the answer: then nothing more is read. */
  readonly isGone?: () => boolean;
}

/** `version/recordedAt in epoch ms/internalRecordId`: what `next` of a page is. */
export const explainAfter = z
  .string()
  .regex(/^\d{1,16}\/-?\d{1,16}\/[0-9a-fA-F-]{36}$/, 'must be next of a page')
  .transform((text) => text.split('/'))
  .transform(([version, recordedAtMs, recordId]) => ({
    version: Number(version),
    recordedAtMs: Number(recordedAtMs),
    recordId: recordId.toLowerCase(),
  }));

const nextText = (place: CountingPlace | undefined): string | null =>
  place === undefined ? null : `${place.version}/${place.recordedAtMs}/${place.recordId}`;

@Injectable()
export class ExplainService {
  readonly #open = new Map<string, Promise<LedgerPage>>();

  constructor(
    @Inject(AGREEMENT_STORE) private readonly agreements: AgreementStore,
    @Inject(DATA_RECORD_STORE) private readonly store: DataRecordStore,
    @Inject(MESSAGE_LOG) private readonly messages: MessageLog,
  ) {}

  /** A page of the explanation; what is said of the whole period is the same on every page. */
  async explain(request: PeriodRequest, page: ExplainPage): Promise<ExplanationView> {
    const agreement = await knownAgreement(this.agreements, request.agreementId);
    const period = periodRows(agreement, request);
    const explained = await this.#ledger(agreement, { period, page });
    const view = viewer(await this.#files(explained));
    const found = await this.messages.ofPeriod(agreement.id, {
      endMs: period.endMs,
      limit: mostMessages + 1,
    });
    const messages = found.slice(0, mostMessages);
    const types = messages.map((message) => messagePeriod(message).type);
    const { lastVersion } = explained;
    return {
      agreementId: agreement.id,
      year: request.year,
      month: request.month,
      periodStart: recordedAtText(period.startMs),
      periodEnd: recordedAtText(period.endMs),
      agreement: { ...agreementToJson(agreement), why: whyChosen },
      rivals: await this.#rivals(agreement, { ...period, lastVersion }),
      maxBytesInBillingPeriod: agreement.maxBytesInBillingPeriod,
      totalRecordedBytes: explained.totalBytes,
      countedBytes: explained.countedBytes,
      lateBytes: explained.lateBytes,
      exceeded: explained.crossing !== undefined,
      closed: types.includes('BILLING_PERIOD_CLOSED'),
      crossingRecord: explained.crossing === undefined ? null : view(explained.crossing),
      records: explained.records.map((record) => ({
        ...view(record),
        earlierVersions: record.earlierVersions.map(view),
      })),
      next: nextText(explained.next),
      messages,
      hasMoreMessages: found.length > mostMessages,
    };
  }

  async #rivals(
    agreement: StoredAgreement,
    period: { startMs: number; endMs: number; lastVersion: number | undefined },
  ): Promise<RivalView[]> {
    const all = await this.agreements.ofMsisdn(agreement.msisdn);
    return all
      .filter(({ id }) => id !== agreement.id)
      .map((rival) => {
        const reason = whyRivalLost(agreement, rival, period);
        const why = rivalSentence(reason, recordedAtText);
        return { ...agreementToJson(rival), reason: reason.reason, why };
      });
  }

  /** The same question asked again while it is being answered is read once, by name or alias. */
  #ledger(
    agreement: StoredAgreement,
    { period, page }: { readonly period: PeriodRows; readonly page: ExplainPage },
  ): Promise<LedgerPage> {
    const { isGone, after, limit } = page;
    const read = (): Promise<LedgerPage> =>
      readLedger(this.#versions(period, isGone), {
        agreementId: agreement.id,
        allowanceBytes: agreement.maxBytesInBillingPeriod,
        ...{ after, limit },
      });
    if (isGone !== undefined) return read(); // it may end before others have what they wait for
    const question = [agreement.id, period.startMs, nextText(after), limit].join(' ');
    const known = this.#open.get(question);
    if (known !== undefined) return known;
    const answer = read().finally(() => this.#open.delete(question));
    this.#open.set(question, answer);
    return answer;
  }

  #versions(period: PeriodRows, isGone: () => boolean = () => false): Versions {
    return readAgain((page) => {
      if (isGone()) throw refusal(dataRecordsErrors, 'CLIENT_GONE', { status: 400 });
      return this.store.page(period, page);
    });
  }

  async #files({ records, crossing }: LedgerPage): Promise<Map<number, SourceFile>> {
    const rows: LedgerEntry[] = records.flatMap((record) => [record, ...record.earlierVersions]);
    if (crossing !== undefined) rows.push(crossing);
    const ids = new Set(rows.map(({ fileId }) => fileId).filter((id) => id !== 0));
    const files = await this.store.files([...ids]);
    return new Map(files.map((file) => [file.id, file]));
  }
}

const whyChosen =
  'of the agreements of the msisdn with a service start at or before the record, it has the ' +
  'latest start, and among equal starts the latest signature';

const viewer =
  (files: ReadonlyMap<number, SourceFile>) =>
  (entry: LedgerEntry): VersionView => {
    const file = files.get(entry.fileId);
    return {
      internalRecordId: entry.recordId,
      recordedAt: recordedAtText(entry.recordedAtMs),
      recordedBytes: entry.recordedBytes,
      runningTotalBytes: entry.runningTotalBytes,
      status: entry.status,
      provisional: entry.isProvisional,
      version: entry.version,
      feed: file?.feed ?? null,
      file: file?.name ?? null,
      fileId: entry.fileId === 0 ? null : entry.fileId,
      line: entry.fileId === 0 ? null : entry.lineNo,
    };
  };
