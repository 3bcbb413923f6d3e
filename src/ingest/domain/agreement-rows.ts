import type { Agreement } from '../../agreements/index.js';
import { parseUuid, type ColumnBatch } from '../../streaming/index.js';
import { agreementTable } from './tables.js';

/** An agreement that was accepted, and the offset of its event. */
export interface AcceptedAgreement {
  readonly agreement: Agreement;
  readonly version: number;
}

/** Rows of table agreement; by columns at once, as a million may be posted. */
export const agreementRows = (accepted: readonly AcceptedAgreement[]): ColumnBatch => {
  const { length } = accepted;
  const ids = new Uint32Array(length * 4);
  const zones: string[] = [];
  const [msisdns, signedAtMs, serviceStartAtMs, maxBytes, versions] = Array.from(
    { length: 5 },
    () => new Float64Array(length),
  );
  accepted.forEach(({ agreement, version }, row) => {
    ids.set(parseUuid(agreement.id) as Uint32Array, row * 4);
    msisdns[row] = agreement.msisdn;
    signedAtMs[row] = agreement.signedAtMs;
    serviceStartAtMs[row] = agreement.serviceStartAtMs;
    zones.push(agreement.billingPeriodTimeZone);
    maxBytes[row] = agreement.maxBytesInBillingPeriod;
    versions[row] = version;
  });
  const columns = [ids, msisdns, signedAtMs, serviceStartAtMs, zones, maxBytes, versions];
  return { schema: agreementTable, length, column: (index) => columns[index] };
};
