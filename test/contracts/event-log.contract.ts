import fc from 'fast-check';
import type {
  AppendedRange,
  CommitPoint,
  Effects,
  PartitionLog,
} from '../../src/streaming/index.js';
import { NoteEvents, notes } from './note-events.js';

/** A log of its own for one test, with the commit point of the same partition. */
export interface LogUnderTest {
  readonly log: PartitionLog<NoteEvents> & {
    append(events: NoteEvents): Promise<AppendedRange>;
    close(): void;
  };
  readonly commitPoint: CommitPoint;
  /** Ends this one in good order and opens the same log again. */
  reopen(): Promise<LogUnderTest>;
  dispose(): Promise<void>;
}

const nothing: Effects = { rows: [], messages: [] };

/** A log may answer with no events when none came for a while. */
export const readSome = async (
  { log }: Pick<LogUnderTest, 'log'>,
  offset: number,
): Promise<NoteEvents | undefined> => {
  for (;;) {
    const events = await log.read(offset);
    if (events?.length !== 0) return events;
  }
};

/** Reads and commits until `end`, as a task does; answers all that was read. */
const processUntil = async (test: LogUnderTest, from: number, end: number): Promise<NoteEvents> => {
  const all = new NoteEvents();
  for (let offset = from; offset < end;) {
    const events = await readSome(test, offset);
    if (!events) throw new Error('the log ended');
    all.pushAll(events);
    offset = events.offsets[events.length - 1] + 1;
    await test.commitPoint.commit(nothing, { offset, cursor: 0 });
  }
  return all;
};

const collect = async (batches: AsyncIterable<NoteEvents>): Promise<NoteEvents> => {
  const all = new NoteEvents();
  for await (const batch of batches) all.pushAll(batch);
  return all;
};

const offsetsOf = (events: NoteEvents): number[] => [...events.offsets.subarray(0, events.length)];

/** The log of the test that runs; it may be replaced by itself, opened again. */
interface Running {
  readonly under: () => LogUnderTest;
  readonly replace: (by: (before: LogUnderTest) => Promise<LogUnderTest>) => Promise<LogUnderTest>;
}

const orderLaws = ({ under }: Running): void => {
  it('hands out events in the order they were appended, at rising offsets', async () => {
    const appends = [notes('a', 'b'), notes('c'), notes('d', 'e')].map((n) =>
      under().log.append(n),
    );
    const read = await processUntil(under(), 0, 5);
    expect(read.notes).toEqual(['a', 'b', 'c', 'd', 'e']);
    const offsets = offsetsOf(read);
    expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
    const ranges = await Promise.all(appends);
    expect(ranges.map(({ firstOffset }) => firstOffset)).toEqual([0, 2, 3].map((n) => offsets[n]));
    expect(ranges.map(({ nextOffset }) => nextOffset)).toEqual(
      [1, 2, 4].map((n) => offsets[n] + 1),
    );
  });

  it('keeps type, key, event time and payload of an event', async () => {
    const event = {
      type: 3,
      key: 999_999_999_999_999,
      timestampMs: -62_135_596_800_000,
      note: 'ż',
    };
    const events = new NoteEvents();
    events.push(event);
    const appended = under().log.append(events);
    await processUntil(under(), 0, 1);
    await appended;
    const stored = await collect(under().log.stored(0, 1));
    expect(stored).toMatchObject({ length: 1, notes: [event.note] });
    expect([stored.types[0], stored.keys[0], stored.timestampsMs[0]]).toEqual([
      event.type,
      event.key,
      event.timestampMs,
    ]);
  });

  it('answers exactly the stored events from an offset up to another', async () => {
    void under().log.append(notes('a', 'b', 'c', 'd', 'e'));
    await processUntil(under(), 0, 5);
    expect((await collect(under().log.stored(1, 4))).notes).toEqual(['b', 'c', 'd']);
    expect((await collect(under().log.stored(3, 3))).notes).toEqual([]);
  });

  it('gives the same events for a replay however they were cut into appends', async () => {
    let end = 0;
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, async (counts) => {
        const from = end;
        const appended = counts.map((count, index) => {
          const texts = Array.from({ length: count }, (_, n) => `${index}/${n}`);
          return { texts, done: under().log.append(notes(...texts)) };
        });
        const wanted = appended.flatMap(({ texts }) => texts);
        const read = await processUntil(under(), from, from + wanted.length);
        await Promise.all(appended.map(({ done }) => done));
        end = offsetsOf(read)[read.length - 1] + 1;
        const stored = await collect(under().log.stored(from, end));
        expect(read.notes).toEqual(wanted);
        expect(stored.notes).toEqual(wanted);
        expect(offsetsOf(stored)).toEqual(offsetsOf(read));
      }),
      { numRuns: 15 },
    );
  });
};

const lifeLaws = ({ under, replace }: Running): void => {
  it('waits in read until there is an event', async () => {
    const reading = readSome(under(), 0);
    void under()
      .log.append(notes('late'))
      .catch(() => undefined);
    expect((await reading)?.notes).toEqual(['late']);
  });

  it('answers undefined in read once it is closed', async () => {
    const reading = readSome(under(), 0);
    under().log.close();
    expect(await reading).toBeUndefined();
  });

  it('goes on behind the last event after it was opened again', async () => {
    void under().log.append(notes('a', 'b'));
    await processUntil(under(), 0, 2);
    const test = await replace((before) => before.reopen());
    const { offset } = await test.commitPoint.fence();
    const appended = test.log.append(notes('c'));
    expect((await processUntil(test, offset, offset + 1)).notes).toEqual(['c']);
    expect((await appended).firstOffset).toBeGreaterThanOrEqual(2);
    expect((await collect(test.log.stored(0, offset + 1))).notes).toEqual(['a', 'b', 'c']);
  });
};

/** What every PartitionLog has to do; `open` makes an empty log. */
export const partitionLogContract = (open: () => Promise<LogUnderTest>): void => {
  whileRunning(open, (running) => {
    orderLaws(running);
    lifeLaws(running);
  });
};

/** What every EventLog has to do beside; `open` makes an empty log. */
export const eventLogContract = (open: () => Promise<LogUnderTest>): void => {
  partitionLogContract(open);
  whileRunning(open, ({ under }) => {
    it('takes nothing more once it is closed', async () => {
      under().log.close();
      await expect(under().log.append(notes('x'))).rejects.toMatchObject({
        code: 'LOG_CLOSED',
        reaction: 'Retry',
      });
    });
  });
};

const whileRunning = (
  open: () => Promise<LogUnderTest>,
  laws: (running: Running) => void,
): void => {
  let test: LogUnderTest;
  beforeEach(async () => {
    test = await open();
    await test.commitPoint.fence();
  });
  afterEach(() => test.dispose());
  laws({ under: () => test, replace: async (by) => (test = await by(test)) });
};
