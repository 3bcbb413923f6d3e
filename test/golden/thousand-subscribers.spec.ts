import { agreementToJson } from '../../src/agreements/index.js';
import { AgreementsGenerator, CdrFileGenerator } from '../../src/generator/index.js';
import { cdrLinesOf } from '../support/cdr-lines.js';
import {
  assertBookBalances,
  assertClosedAfterExceeded,
  assertNoDuplicateMessage,
  assertNoDuplicateRow,
  assertNoGap,
  assertSumsEqual,
} from '../support/checkers.js';
import type { OracleEvent } from '../support/oracle-model.js';
import { oracleOf } from '../support/oracle.js';
import {
  asStoredMessage,
  expectedOutcome,
  expectSameOutcome,
  storedOutcome,
} from '../support/outcome.js';
import { ProgramInTest } from '../support/running-program.js';
import { expectSameItems } from '../support/same.js';

/** 1,000 subscribers × 3 months through the whole program, against the oracle. */
const subscribers = 1000;
const months = 3;

test('1,000 subscribers over 3 months have the sums and messages of the oracle', async () => {
  const program = await ProgramInTest.start({ FEED_MAX_OUT_OF_ORDERNESS: 'PT0S' });
  try {
    const agreements = new AgreementsGenerator().next(subscribers);
    await program.postAgreements(agreements.map(agreementToJson));
    const file = new CdrFileGenerator().nextFile({ batchSize: subscribers, months });
    const text = Buffer.concat([...file.chunks()]).toString();
    const lines = cdrLinesOf(text);
    program.drop(file.name, text);
    const [book] = await program.done(1);
    const store = await program.stopAndRead();

    // What is in the log is what is in the file, and nothing else.
    const records = store.log.flatMap((event) => (event.type === 'record' ? [event.record] : []));
    expectSameItems(
      records.map((r) => [r.recordId, r.recordedAtMs, r.msisdn, r.recordedBytes, r.lineNo]),
      lines.map((r, at) => [r.externalId, r.recordedAtMs, r.msisdn, r.recordedBytes, at + 1]),
    );

    // Exceeded and closed sets, totals, rows and the book are those of the oracle.
    expectSameOutcome(storedOutcome(store), expectedOutcome(oracleOf(store.log)));
    expectSums(store.log, store);

    const messages = store.messages.map(asStoredMessage);
    assertNoGap(store.messages.map(({ offset }) => offset));
    assertNoDuplicateRow(store.rows);
    assertNoDuplicateMessage(messages);
    assertClosedAfterExceeded(messages);
    const zones = new Map(agreements.map(({ id, billingPeriodTimeZone: zone }) => [id, zone]));
    assertSumsEqual(store.rows, messages, zones);
    assertBookBalances(book, { fileId: book.id, lines: lines.length, rows: store.rows });
    const closed = messages.filter(({ type }) => type === 'BILLING_PERIOD_CLOSED');
    expect(closed).toHaveLength(subscribers * months);
  } finally {
    program.remove();
  }
}, 120_000);

/** Sums by subscriber straight from the log, by nothing but addition. */
const expectSums = (
  log: readonly OracleEvent[],
  store: { readonly rows: readonly { msisdn: number; recordedBytes: number }[] },
): void => {
  const sums = (items: readonly { msisdn: number; recordedBytes: number }[]) => {
    const sum = new Map<number, number>();
    for (const { msisdn, recordedBytes } of items) {
      sum.set(msisdn, (sum.get(msisdn) ?? 0) + recordedBytes);
    }
    return sum;
  };
  const records = log.flatMap((event) => (event.type === 'record' ? [event.record] : []));
  expect(sums(store.rows)).toEqual(sums(records));
};
