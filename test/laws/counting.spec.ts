import fc from 'fast-check';
import {
  assertClosedAfterExceeded,
  assertNoDuplicateMessage,
  assertNoDuplicateRow,
  assertSumsEqual,
  rowsInForce,
} from '../support/checkers.js';
import { cutsArbitrary, logArbitrary } from '../support/log-arbitraries.js';
import { troubles } from '../support/memory-partition.js';
import { identityOf, type OracleEvent, type OracleRow } from '../support/oracle-model.js';
import { oracleOf } from '../support/oracle.js';
import { expectedOutcome, messagesOf, outcomeOf, versionsOf } from '../support/outcome.js';
import { booksOf } from '../support/plain-rows.js';
import { runsOf, seed } from '../support/seed.js';
import { runUsage } from '../support/usage-application.js';

/** The zone of each agreement as it was first said. */
const zonesOf = (log: readonly OracleEvent[]): Map<string, string> => {
  const zones = new Map<string, string>();
  for (const event of log) {
    if (event.type !== 'agreement' || zones.has(event.agreement.id)) continue;
    zones.set(event.agreement.id, event.agreement.billingPeriodTimeZone);
  }
  return zones;
};

describe(`the step against the oracle (seed ${seed})`, () => {
  test('gives the rows, messages, books and dead letters of the oracle however it is cut', () =>
    fc.assert(
      fc.asyncProperty(logArbitrary(), cutsArbitrary, async (log, cuts) => {
        const partition = await runUsage(log, { cuts });
        expect(outcomeOf(partition)).toEqual(expectedOutcome(oracleOf(log)));
      }),
      { seed, numRuns: runsOf(400) },
    ));

  test('gives the same when commits are refused, answers are lost and processes die', () => {
    const script = fc.record({
      cuts: cutsArbitrary,
      troubles: fc.array(fc.constantFrom('none', 'none', ...troubles), { maxLength: 40 }),
      snapshotEveryEvents: fc.constantFrom(1, 5, 1000),
      withoutSnapshots: fc.boolean(),
    });
    return fc.assert(
      fc.asyncProperty(logArbitrary(), script, async (log, how) => {
        const partition = await runUsage(log, how);
        expect(outcomeOf(partition)).toEqual(expectedOutcome(oracleOf(log)));
        expect(partition.messages).toEqual((await runUsage(log, { cuts: [1000] })).messages);
      }),
      { seed, numRuns: runsOf(400) },
    );
  });

  test('gives the same over a long log of a few subscribers', () =>
    fc.assert(
      fc.asyncProperty(logArbitrary(600), cutsArbitrary, async (log, cuts) => {
        const partition = await runUsage(log, { cuts });
        expect(outcomeOf(partition)).toEqual(expectedOutcome(oracleOf(log)));
      }),
      { seed, numRuns: runsOf(40) },
    ));
});

describe(`what always holds, without an oracle (seed ${seed})`, () => {
  const always = (
    check: (partition: Awaited<ReturnType<typeof runUsage>>, log: OracleEvent[]) => void,
  ): Promise<void> =>
    fc.assert(
      fc.asyncProperty(logArbitrary(80), cutsArbitrary, async (log, cuts) => {
        check(await runUsage(log, { cuts }), log);
      }),
      { seed, numRuns: runsOf(150) },
    );

  test('the rows of a closed period sum to its closed total and its adjustments', () =>
    always((partition, log) =>
      assertSumsEqual(versionsOf(partition), messagesOf(partition), zonesOf(log)),
    ));

  test('does not emit exceeded twice in one billing period, nor close one twice', () =>
    always((partition) => assertNoDuplicateMessage(messagesOf(partition))));

  test('does not exceed a plan after its period was closed but by an adjustment', () =>
    always((partition) => assertClosedAfterExceeded(messagesOf(partition))));

  test('writes a version of a row once, and only the event at that offset writes it', () =>
    always((partition, log) => {
      const versions = versionsOf(partition);
      assertNoDuplicateRow(versions);
      const offsets = new Set(log.map(({ offset }) => offset));
      expect(versions.filter(({ version }) => !offsets.has(version))).toEqual([]);
    }));

  test('each record ends as exactly one of counted, late, waiting, duplicate, rejected', () =>
    always((partition, log) => {
      const books = booksOf(partition.rows('import_file_count'));
      const lines = new Map<number, number>();
      for (const event of log) {
        if (event.type !== 'record') continue;
        const { fileId } = event.record;
        lines.set(fileId, (lines.get(fileId) ?? 0) + 1);
      }
      lines.delete(0); // corrections add rows without a file
      for (const [fileId, count] of lines) {
        const columns = Object.values(books.get(fileId) ?? {}) as number[];
        expect(columns.filter((column) => column < 0)).toEqual([]);
        expect(columns.reduce((a, b) => a + b, 0)).toBe(count);
      }
    }));

  test('the book of a file says what its rows say', () =>
    always((partition) => {
      const books = booksOf(partition.rows('import_file_count'));
      const rows = rowsInForce(versionsOf(partition)).filter(({ fileId }) => fileId !== 0);
      for (const [fileId, book] of books) {
        if (fileId === 0) continue;
        for (const status of ['counted', 'late', 'waiting'] as const) {
          const stored = rows.filter((row) => row.fileId === fileId && row.status === status);
          expect([fileId, status, stored.length]).toEqual([fileId, status, book[status]]);
        }
      }
    }));

  test('an identity keeps its file and line, but for a line that was cut off', () =>
    always((partition) => {
      const newest = new Map<string, OracleRow>();
      for (const row of versionsOf(partition)) {
        const { fileId, lineNo, provisional } = newest.get(identityOf(row)) ?? row;
        if (!provisional) expect([row.fileId, row.lineNo]).toEqual([fileId, lineNo]);
        newest.set(identityOf(row), row);
      }
    }));

  test('what was read whole is never provisional again', () =>
    always((partition) => {
      const whole = new Set<string>();
      for (const row of versionsOf(partition)) {
        if (row.provisional) expect(whole).not.toContain(identityOf(row));
        else whole.add(identityOf(row));
      }
    }));

  test('every message names a row that is there, at the time it says', () =>
    always((partition) => {
      const seconds = new Set(
        versionsOf(partition).map(
          (row) => `${row.agreementId} ${row.recordId} ${Math.floor(row.recordedAtMs / 1000)}`,
        ),
      );
      for (const { agreementId, recordId, latestRecordedAtMs } of messagesOf(partition)) {
        expect(seconds).toContain(`${agreementId} ${recordId} ${latestRecordedAtMs / 1000}`);
      }
    }));
});
