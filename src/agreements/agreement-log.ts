import type { Agreement } from './domain/agreement.js';

/** Why the task refused an agreement that could be read. */
export interface AgreementRefusal {
  readonly code: string;
  readonly message: string;
}

/** Brings agreements into the log of the partition of their msisdn. */
export interface AgreementLog {
  /**
   * Resolves when all are durable and processed, with the refused ones by their index. Rejects
   * with a Fault (reaction Retry) when that failed; some of a large batch may be kept then, and
   * sending it again is safe.
   */
  add(agreements: readonly Agreement[]): Promise<ReadonlyMap<number, AgreementRefusal>>;
}

export const AGREEMENT_LOG = Symbol('AgreementLog');
