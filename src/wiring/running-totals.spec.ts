import { periodFromYearMonth } from '../agreements/index.js';
import { usageApplication } from '../billing-window/index.js';
import { keptTotals } from './running-totals.js';

const id = '0b12c601-9287-3f5c-a78c-df508fe0f889';

const stateWith = (totalBytes: number) => {
  const state = usageApplication.newState();
  state.agreements.put({
    id,
    msisdn: 48_917_846_822,
    signedAtMs: 0,
    serviceStartAtMs: 0,
    billingPeriodTimeZone: 'Europe/Warsaw',
    maxBytesInBillingPeriod: 1000,
  });
  const agreement = state.agreements.findById(id) as number;
  state.windows.totals[state.windows.add(agreement, periodFromYearMonth(2020, 1))] = totalBytes;
  return state;
};

test('answers from the task that knows the agreement; 0 for a period without records', () => {
  const totals = keptTotals('here', () => [undefined, usageApplication.newState(), stateWith(512)]);
  expect(totals.total(id, { year: 2020, month: 1 })).toBe(512);
  expect(totals.total(id.toUpperCase(), { year: 2020, month: 1 })).toBe(512);
  expect(totals.total(id, { year: 2020, month: 2 })).toBe(0);
});

test('does not say 0 of an agreement it does not know, nor while the task is restored', () => {
  const other = '1b12c601-9287-3f5c-a78c-df508fe0f889';
  expect(keptTotals('here', () => [stateWith(1)]).total(other, { year: 2020, month: 1 })).toBe(
    undefined,
  );
  expect(keptTotals('here', () => [undefined]).total(id, { year: 2020, month: 1 })).toBe(undefined);
});
