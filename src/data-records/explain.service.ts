import { Inject, Injectable } from '@nestjs/common';
import {
  AGREEMENT_STORE,
  agreementToJson,
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
import { Slots } from '../platform/slots.js';
import { knownAgreement, periodRows, type PeriodRequest } from './data-records.service.js';
import {
  readLedger,
  type CountingPlace,
  type LedgerEntry,
  type LedgerPage,
  type RecordVersion,
  type Versions,
} from './domain/ledger.js';
import { readAgain, wholeIfShort, type ReadPage } from './domain/period-pages.js';
import { recordedAtText } from './domain/recorded-at.js';
import { dataRecordsErrors } from './errors.js';
import type { ExplainedVersion, ExplanationShape, RivalAgreement } from './explain.dto.js';
import { rivalSentence, whyRivalLost } from './domain/rivals.js';

/** Why a period's total is what it is, from the agreement down to lines of files. */
export interface Explained extends Omit<ExplanationShape, 'messages'> {
  /** The first ones of the period. */
  readonly messages: readonly LoggedMessage[];
}

const mostMessages = 1000;

/** Each keeps some megabytes of rows while it reads. */
const longOnesAtOnce = 4;

export interface ExplainPage {
  readonly limit: number;
  readonly after?: CountingPlace | undefined;
  /** True once nobody waits for the answer: then nothing more is read. */
  readonly isGone?: () => boolean;
}

const nextText = (place: CountingPlace | undefined): string | null =>
  place === undefined ? null : `${place.version}/${place.recordedAtMs}/${place.recordId}`;

@Injectable()
export class ExplainService {
  readonly #open = new Map<string, Promise<LedgerPage>>();
  readonly #longOnes = new Slots(longOnesAtOnce);

  constructor(
    @Inject(AGREEMENT_STORE) private readonly agreements: AgreementStore,
    @Inject(DATA_RECORD_STORE) private readonly store: DataRecordStore,
    @Inject(MESSAGE_LOG) private readonly messages: MessageLog,
  ) {}

  /** A page of the explanation; what is said of the whole period is the same on every page. */
  async explain(request: PeriodRequest, page: ExplainPage): Promise<Explained> {
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
  ): Promise<RivalAgreement[]> {
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
      this.#readShortFirst(period, isGone, (versions) =>
        readLedger(versions, {
          agreementId: agreement.id,
          allowanceBytes: agreement.maxBytesInBillingPeriod,
          ...{ after, limit },
        }),
      );
    if (isGone !== undefined) return read(); // it may end before others have what they wait for
    const question = [agreement.id, period.startMs, nextText(after), limit].join(' ');
    const known = this.#open.get(question);
    if (known !== undefined) return known;
    const answer = read().finally(() => this.#open.delete(question));
    this.#open.set(question, answer);
    return answer;
  }

  /**
   * Who asks for a period of one page is answered at once. The others keep many rows while they
   * read, so only a few of them do at once, and those who wait keep none.
   */
  async #readShortFirst(
    period: PeriodRows,
    isGone: () => boolean = () => false,
    use: (versions: Versions) => Promise<LedgerPage>,
  ): Promise<LedgerPage> {
    const read: ReadPage<RecordVersion> = (page) => {
      if (isGone()) throw refusal(dataRecordsErrors, 'CLIENT_GONE', { status: 400 });
      return this.store.page(period, page);
    };
    const short = await wholeIfShort(read);
    if (short !== undefined) return use(short);
    await this.#longOnes.enter();
    try {
      return await use(readAgain(read));
    } finally {
      this.#longOnes.leave();
    }
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
  (entry: LedgerEntry): ExplainedVersion => {
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
