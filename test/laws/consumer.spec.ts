import fc from 'fast-check';
import { periodAt } from '../support/calendar-oracle.js';
import { rowsInForce } from '../support/checkers.js';
import { cutsArbitrary, logArbitrary } from '../support/log-arbitraries.js';
import { versionsOf } from '../support/outcome.js';
import { runsOf, seed } from '../support/seed.js';
import { runUsage } from '../support/usage-application.js';

interface Account {
  revision: number;
  closedAt: number | undefined;
  total: number;
  isExceeded: boolean;
}

interface Value {
  readonly agreementId: string;
  readonly year: number;
  readonly month: number;
  readonly type: string;
  readonly totalRecordedBytes: number;
  readonly billingPeriodTimeZone: string;
  readonly maxBytesInBillingPeriod: number;
  readonly delta?: number;
}

/** A consumer as the table of docs/WIRE-CONTRACT.md has it; it knows the wire messages only. */
const consume = (account: Account, value: Value): void => {
  switch (value.type) {
    case 'DATA_PLAN_EXCEEDED':
      account.isExceeded = true;
      return;
    case 'DATA_PLAN_EXCEEDED_RETRACTED':
      account.isExceeded = false;
      return;
    case 'BILLING_PERIOD_CLOSED':
      expect(account.closedAt).toBeUndefined();
      account.closedAt = account.revision;
      account.total = value.totalRecordedBytes;
      return;
    case 'BILLING_PERIOD_ADJUSTED':
      if (account.closedAt !== undefined) account.total += value.delta as number;
  }
};

test(`a consumer of the messages ends with the sums of the rows (seed ${seed})`, () =>
  fc.assert(
    fc.asyncProperty(logArbitrary(120), cutsArbitrary, async (log, cuts) => {
      const partition = await runUsage(log, { cuts });
      const accounts = new Map<string, Account & { readonly of: Value }>();
      for (const { value: json, headers } of partition.messages) {
        const value = JSON.parse(json) as Value;
        const key = `${value.agreementId} ${value.year}-${value.month}`;
        const fresh = { revision: 0, closedAt: undefined, total: 0, isExceeded: false, of: value };
        const account = accounts.get(key) ?? fresh;
        accounts.set(key, account);
        expect(Number(headers.revision)).toBe(++account.revision);
        consume(account, value);
      }
      const rows = rowsInForce(versionsOf(partition));
      for (const [key, { closedAt, total, isExceeded, of }] of accounts) {
        const sum = rows
          .filter(({ agreementId }) => agreementId === of.agreementId)
          .filter(({ recordedAtMs }) => {
            const { year, month } = periodAt(of.billingPeriodTimeZone, recordedAtMs);
            return year === of.year && month === of.month;
          })
          .reduce((bytes, { recordedBytes }) => bytes + recordedBytes, 0);
        if (closedAt !== undefined) expect([key, total]).toEqual([key, sum]);
        expect([key, isExceeded]).toEqual([key, sum >= of.maxBytesInBillingPeriod]);
      }
      for (const row of rows.filter(({ status }) => status === 'late')) {
        const zone = log.find((e) => e.type === 'agreement' && e.agreement.id === row.agreementId);
        const { agreement } = zone as Extract<typeof zone, { type: 'agreement' }>;
        const { year, month } = periodAt(agreement.billingPeriodTimeZone, row.recordedAtMs);
        expect(accounts.get(`${row.agreementId} ${year}-${month}`)?.closedAt).toBeDefined();
      }
    }),
    { seed, numRuns: runsOf(80) },
  ));
