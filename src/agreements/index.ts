export {
  agreementToJson,
  agreementText,
  parseAgreement,
  sameAgreement,
  type Agreement,
  type AgreementJson,
  type AgreementProblem,
  type AgreementReading,
} from './domain/agreement.js';
export { AgreementTable, type PutOutcome } from './domain/agreement-table.js';
export {
  BillingCalendar,
  billingCalendar,
  monthOf,
  periodEndMs,
  periodFromYearMonth,
  periodOf,
  periodStartMs,
  yearOf,
} from './domain/billing-period.js';
export { agreementsErrors } from './errors.js';
export { AGREEMENT_LOG, type AgreementLog, type AgreementRefusal } from './agreement-log.js';
export { AGREEMENT_STORE, type AgreementStore, type StoredAgreement } from './agreement-store.js';
export { agreementEdgeErrors } from './errors.js';
export { AgreementShape } from './agreements.dto.js';
