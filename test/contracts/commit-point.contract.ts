import { startOfLog, type ColumnBatch, type OutMessage } from '../../src/streaming/index.js';
import { readSome, type LogUnderTest } from './event-log.contract.js';
import { noteRowTable, notes } from './note-events.js';
import { batchOf } from '../support/batch-of.js';

/** A commit point of its own for one test, and a look at what it wrote. */
export interface CommitPointUnderTest extends LogUnderTest {
  /**
   * Rows are written before the commit and stay when it fails: the same events leave the same rows
   * (docs/ARCHITECTURE.md). Else they are part of it.
   */
  readonly rowsFirst: boolean;
  /** The notes of `noteRowTable`, by id. */
  noteRows(): Promise<string[]>;
  /** All messages in order. */
  messages(): Promise<OutMessage[]>;
  reopen(): Promise<CommitPointUnderTest>;
}

const row = (id: number, note: string): ColumnBatch => batchOf(noteRowTable, [[id, note]]);

const message = (value: string): OutMessage => ({
  key: 'k',
  timestampMs: 1580511599999,
  headers: { id: value, revision: '0' },
  value,
});

/** What every CommitPoint has to do; `open` makes one of an empty partition. */
export const commitPointContract = (open: () => Promise<CommitPointUnderTest>): void => {
  let test: CommitPointUnderTest;
  beforeEach(async () => void (test = await open()));
  afterEach(() => test.dispose());

  it('answers the start of the log for a partition nobody has processed', async () => {
    expect(await test.commitPoint.fence()).toEqual(startOfLog);
  });

  it('makes rows, messages and position true together, in order', async () => {
    await test.commitPoint.fence();
    void test.log.append(notes('a', 'b')).catch(() => undefined);
    await readSome(test, 0);
    const rows = [row(1, 'one'), row(2, 'two')];
    await test.commitPoint.commit(
      { rows, messages: [message('x'), message('y')] },
      { offset: 2, cursor: 0 },
    );
    expect(await test.noteRows()).toEqual(['one', 'two']);
    expect(await test.messages()).toEqual([message('x'), message('y')]);
    expect(await test.commitPoint.fence()).toEqual({ offset: 2, cursor: 0 });
  });

  it('answers the last position after it was opened again, with its cursor', async () => {
    await test.commitPoint.fence();
    void test.log.append(notes('a', 'b', 'c')).catch(() => undefined);
    await readSome(test, 0);
    await test.commitPoint.commit({ rows: [], messages: [message('x')] }, { offset: 1, cursor: 0 });
    await test.commitPoint.commit({ rows: [], messages: [message('y')] }, { offset: 1, cursor: 7 });
    expect(await test.commitPoint.fence()).toEqual({ offset: 1, cursor: 7 });
    test = await test.reopen();
    expect(await test.commitPoint.fence()).toEqual({ offset: 1, cursor: 7 });
    expect((await test.messages()).map(({ value }) => value)).toEqual(['x', 'y']);
    expect((await readSome(test, 1))?.notes).toEqual(['b', 'c']);
  });

  it('leaves nothing of a commit that failed', async () => {
    await test.commitPoint.fence();
    void test.log.append(notes('a')).catch(() => undefined);
    await readSome(test, 0);
    const broken = batchOf(noteRowTable, [
      [1, 'kept?'],
      [Number.NaN, 'cannot be kept'],
    ]);
    const commit = test.commitPoint.commit(
      { rows: [row(0, 'first'), broken], messages: [message('x')] },
      { offset: 1, cursor: 0 },
    );
    await expect(commit).rejects.toBeDefined();
    expect(await test.commitPoint.fence()).toEqual(startOfLog);
    if (!test.rowsFirst) expect(await test.noteRows()).toEqual([]);
    expect(await test.messages()).toEqual([]);
  });

  it('refuses every commit between a failed one and the next fence', async () => {
    await test.commitPoint.fence();
    const broken = { rows: [batchOf(noteRowTable, [[Number.NaN, 'x']])], messages: [] };
    await expect(test.commitPoint.commit(broken, { offset: 0, cursor: 1 })).rejects.toBeDefined();
    const good = { rows: [row(1, 'good')], messages: [] };
    await expect(test.commitPoint.commit(good, { offset: 0, cursor: 2 })).rejects.toBeDefined();
    expect(await test.commitPoint.fence()).toEqual(startOfLog);
    await test.commitPoint.commit(good, { offset: 0, cursor: 1 });
    expect(await test.noteRows()).toEqual(['good']);
  });
};
