import { Inject, Injectable } from '@nestjs/common';
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
import { DATA_RECORD_STORE, type DataRecordStore, type SourceFile } from './data-record-store.js';
import { knownAgreement, periodRows, type PeriodRequest } from './data-records.service.js';
import { explainTotal, type LedgerEntry } from './domain/explanation.js';
import { recordedAtText } from './domain/recorded-at.js';
import { rivalSentence, whyRivalLost } from './domain/rivals.js';

/** One version of a record as explain tells it; `file` and `line` are null without a file. */
export interface VersionView {
  readonly internalRecordId: string;
  readonly recordedAt: string;
  readonly recordedBytes: number;
  readonly runningTotalBytes: number;
  readonly status: string;
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
  readonly records: readonly RecordView[];
  readonly messages: readonly LoggedMessage[];
}

@Injectable()
export class ExplainService {
  constructor(
    @Inject(AGREEMENT_STORE) private readonly agreements: AgreementStore,
    @Inject(DATA_RECORD_STORE) private readonly store: DataRecordStore,
    @Inject(MESSAGE_LOG) private readonly messages: MessageLog,
  ) {}

  async explain(request: PeriodRequest): Promise<ExplanationView> {
    const agreement = await knownAgreement(this.agreements, request.agreementId);
    const period = periodRows(agreement, request);
    const explained = explainTotal(await this.store.versions(period), {
      agreementId: agreement.id,
      allowanceBytes: agreement.maxBytesInBillingPeriod,
    });
    const view = viewer(await this.#files(explained.records));
    const messages = await this.#messages(agreement.id, request);
    const types = messages.map((message) => messagePeriod(message).type);
    const lastVersion = explained.records.at(-1)?.version;
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
      messages,
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

  async #messages(agreementId: string, request: PeriodRequest): Promise<LoggedMessage[]> {
    const all = await this.messages.ofKey(agreementId);
    return all.filter((message) => {
      const { year, month } = messagePeriod(message);
      return year === request.year && month === request.month;
    });
  }

  async #files(records: readonly LedgerEntry[]): Promise<Map<number, SourceFile>> {
    const ids = new Set(records.map(({ fileId }) => fileId).filter((id) => id !== 0));
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
      version: entry.version,
      feed: file?.feed ?? null,
      file: file?.name ?? null,
      fileId: entry.fileId === 0 ? null : entry.fileId,
      line: entry.fileId === 0 ? null : entry.lineNo,
    };
  };
