import { Inject, Injectable } from '@nestjs/common';
import { httpErrors } from '../platform/http/errors.js';
import { refusal, Refusal, type LinesTaken } from '../platform/http/refusal.js';
import { takeLines, type LineReading } from '../platform/http/take-lines.js';
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
  addLines(body: unknown): Promise<LinesTaken> {
    return takeLines(body, {
      read: readLine,
      send: (agreements) => this.log.add(agreements),
      conflictCode: 'AGREEMENT_CONFLICT',
      codes,
    });
  }
}

const readLine = (value: unknown): LineReading<Agreement> => {
  const reading = parseAgreement(value);
  return reading.ok ? { ok: true, item: reading.agreement } : reading;
};

/** Every code a line of a request can be refused with. */
const codes: Partial<FaultCodes> = { ...httpErrors, ...agreementsErrors };
