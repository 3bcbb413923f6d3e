import { Inject, Injectable } from '@nestjs/common';
import { httpErrors } from '../platform/http/errors.js';
import type { BodyLine } from '../platform/http/ndjson.js';
import { refusal, Refusal, type RefusedLine } from '../platform/http/refusal.js';
import type { FaultCodes } from '../streaming/index.js';
import { AGREEMENT_LOG, type AgreementLog } from './agreement-log.js';
import {
  AGREEMENT_STORE,
  type AgreementPage,
  type AgreementStore,
  type StoredAgreement,
} from './agreement-store.js';
import { parseAgreement, type Agreement } from './domain/agreement.js';
import { agreementsErrors, agreementEdgeErrors } from './errors.js';

/** What became of the lines of a request. */
export interface LinesAnswer {
  readonly accepted: number;
  readonly rejected: readonly RefusedLine[];
}

@Injectable()
export class AgreementsService {
  constructor(
    @Inject(AGREEMENT_STORE) private readonly store: AgreementStore,
    @Inject(AGREEMENT_LOG) private readonly log: AgreementLog,
  ) {}

  /** The agreement, or a refusal (404 AGREEMENT_UNKNOWN). */
  async get(id: string): Promise<StoredAgreement> {
    const agreement = await this.store.find(id.toLowerCase());
    if (agreement !== undefined) return agreement;
    throw refusal(agreementEdgeErrors, 'AGREEMENT_UNKNOWN', { status: 404, facts: { id } });
  }

  list(page: AgreementPage): Promise<StoredAgreement[]> {
    return this.store.list(page);
  }

  ofMsisdn(msisdn: number): Promise<StoredAgreement[]> {
    return this.store.ofMsisdn(msisdn);
  }

  /** Agreements that are made by the program itself; those that exist already are accepted. */
  async accept(agreements: readonly Agreement[]): Promise<void> {
    const refused = await this.log.add(agreements);
    for (const { code, message } of refused.values()) {
      throw new Refusal(code, message, {
        status: 409,
        next: agreementsErrors.AGREEMENT_CONFLICT.next,
      });
    }
  }

  /**
   * Takes the lines of a request; the good ones are accepted also when others are not. Refuses
   * the request when nothing in it could be accepted (400, or 409 when all are conflicts).
   */
  async addLines(lines: readonly BodyLine[]): Promise<LinesAnswer> {
    const readings = lines.map((line) => ({ line: line.line, ...readLine(line) }));
    const good = readings.filter((reading) => reading.ok);
    const refused = await this.#add(good.map(({ agreement }) => agreement));
    const rejected = [
      ...readings.flatMap((each) =>
        each.ok ? [] : [{ line: each.line, code: each.code, message: each.message }],
      ),
      ...[...refused].map(([index, why]) => ({ line: good[index].line, ...why })),
    ].sort((a, b) => a.line - b.line);
    const accepted = good.length - refused.size;
    if (accepted === 0) throw nothingAccepted(rejected);
    return { accepted, rejected };
  }

  async #add(agreements: readonly Agreement[]): ReturnType<AgreementLog['add']> {
    return agreements.length === 0 ? new Map() : this.log.add(agreements);
  }
}

type LineReading =
  { ok: true; agreement: Agreement } | { ok: false; code: string; message: string };

const readLine = (line: BodyLine): LineReading =>
  line.fault === undefined
    ? parseAgreement(line.value)
    : { ok: false, code: 'BODY_NOT_JSON', message: line.fault };

/** Every code a line of a request can be refused with. */
const codes: Partial<FaultCodes> = { ...httpErrors, ...agreementsErrors };

const nothingAccepted = (rejected: readonly RefusedLine[]): Refusal => {
  const [first] = rejected;
  const conflicts = rejected.every(({ code }) => code === 'AGREEMENT_CONFLICT');
  return new Refusal(first.code, first.message, {
    status: conflicts ? 409 : 400,
    next: codes[first.code]?.next,
    rejected,
  });
};
