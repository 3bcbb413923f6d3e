import type { Agreement } from '../../agreements/index.js';
import { rowsFrom } from '../../streaming/index.js';
import { parseUuid } from '../../values/index.js';
import { AgreementRows } from './tables.js';

/** An agreement that was accepted, and the offset of its event. */
export interface AcceptedAgreement {
  readonly agreement: Agreement;
  readonly version: number;
}

/** Rows of table agreement. */
export const agreementRows = (accepted: readonly AcceptedAgreement[]): AgreementRows =>
  rowsFrom(AgreementRows, accepted, {
    ids: ({ agreement }) => parseUuid(agreement.id) as Uint32Array,
    msisdns: ({ agreement }) => agreement.msisdn,
    signedAtMs: ({ agreement }) => agreement.signedAtMs,
    serviceStartAtMs: ({ agreement }) => agreement.serviceStartAtMs,
    billingPeriodTimeZones: ({ agreement }) => agreement.billingPeriodTimeZone,
    maxBytesInBillingPeriod: ({ agreement }) => agreement.maxBytesInBillingPeriod,
    versions: ({ version }) => version,
  });
