/** Seeds of the demo data; one sequence each, so that one never shifts another. */
export const seeds = {
  agreementId: 31423434,
  msisdn: 84744291,
  signedAt: 55701923,
  plan: 73244573,
  msisdnsShuffling: 7371661,
  /** Plus the subscriber's index. */
  incomingRecordId: 33774923,
  /** Plus the subscriber's index. */
  recordedBytes: 24524555,
  /** Plus the subscriber's index. */
  internalRecordId: 44134134,
  fileName: 3424233,
} as const;

/** The zone of all demo data. */
export const demoZone = 'Europe/Warsaw';

/** 2020-01-01T00:00+01:00[Europe/Warsaw], when every demo agreement starts. */
export const serviceStartAtMs = Date.UTC(2019, 11, 31, 23);

/** 24 elapsed hours, not a calendar day. */
export const dayMs = 86_400_000;
