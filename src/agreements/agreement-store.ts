import type { Agreement } from './domain/agreement.js';

/** An agreement as it was accepted. */
export interface StoredAgreement extends Agreement {
  /** Offset of its event in the log, in the partition of its msisdn. */
  readonly version: number;
  /** Place in the list of all agreements; embedded the same as the version. */
  readonly place: number;
}

export interface AgreementPage {
  readonly limit: number;
  /** Place of the last agreement of the page before. */
  readonly after?: number;
  readonly msisdn?: number;
}

/** Reads accepted agreements; accepting one is the task's alone. */
export interface AgreementStore {
  find(id: string): Promise<StoredAgreement | undefined>;
  /** In order of their places: the order they were accepted in, in the cluster by partition. */
  list(page: AgreementPage): Promise<StoredAgreement[]>;
  ofMsisdn(msisdn: number): Promise<StoredAgreement[]>;
}

export const AGREEMENT_STORE = Symbol('AgreementStore');
