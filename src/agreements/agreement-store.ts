import type { Agreement } from './domain/agreement.js';

/** An agreement as it was accepted; `version` is the log offset of its event. */
export interface StoredAgreement extends Agreement {
  readonly version: number;
}

export interface AgreementPage {
  readonly limit: number;
  /** Version of the last agreement of the page before. */
  readonly after?: number;
  readonly msisdn?: number;
}

/** Reads accepted agreements; accepting one is the task's alone. */
export interface AgreementStore {
  find(id: string): Promise<StoredAgreement | undefined>;
  /** In the order they were accepted. */
  list(page: AgreementPage): Promise<StoredAgreement[]>;
  ofMsisdn(msisdn: number): Promise<StoredAgreement[]>;
}

export const AGREEMENT_STORE = Symbol('AgreementStore');
