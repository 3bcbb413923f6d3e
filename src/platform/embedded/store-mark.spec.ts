import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreMark, type MissingEvents } from './store-mark.js';

describe('the mark beside a store', () => {
  let directory: string;
  let now = 0;
  const path = (): string => join(directory, 'store.mark');
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'overage-'));
    now = 1000;
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const open = (storeId: string, logEnd: number): StoreMark =>
    StoreMark.open(path(), { storeId, logEnd }, () => now);
  const missing = (storeId: string, logEnd: number): readonly MissingEvents[] =>
    open(storeId, logEnd).missing;

  /** A run of the store that begins and ends at these log ends, an hour apart. */
  const ran = (storeId: string, from: number, to: number): void => {
    const mark = open(storeId, from);
    now += 3_600_000;
    mark.note(to);
    mark.close();
  };

  it('says how many events a store lacks and of what time: its log is gone, or it is old', () => {
    ran('a', 0, 120);
    ran('a', 120, 500);
    const [lost] = missing('a', 120);
    expect(lost).toEqual({
      ...{ events: 380, isOtherStore: false },
      ...{ sinceMs: 3_601_000, untilMs: 7_201_000 },
    });
  });

  it('says so when another store is there', () => {
    ran('a', 0, 500);
    expect(missing('b', 900)).toMatchObject([{ events: 500, isOtherStore: true }]);
  });

  it('says nothing of a store that has as much or more, as after a kill or power loss', () => {
    expect(missing('a', 0)).toEqual([]);
    ran('a', 0, 500);
    expect(missing('a', 500)).toEqual([]);
    expect(missing('a', 9000)).toEqual([]);
  });

  it('says nothing when an empty store gave way to another one', () => {
    ran('a', 0, 0);
    expect(missing('b', 5)).toEqual([]);
  });

  it('goes on to say it at each start, whatever comes in, until the file is removed', () => {
    ran('a', 0, 500);
    ran('a', 120, 4000);
    expect(missing('a', 4000)).toMatchObject([{ events: 380 }]);
    expect(missing('a', 3000)).toMatchObject([{ events: 380 }, { events: 1000 }]);
    rmSync(path());
    expect(missing('a', 3000)).toEqual([]);
  });

  it.each(['', '{', '\0\0\0\0', '[]', 'null', '{"storeId":"a"}', '{"points":[{}]}'])(
    'passes over a torn mark: %j',
    (text) => {
      writeFileSync(path(), text);
      expect(missing('a', 0)).toEqual([]);
    },
  );

  it('is written not more often than once a second, also when the clock is set back', () => {
    const mark = open('a', 0);
    const saved = (): string => readFileSync(path(), 'utf8');
    mark.note(1);
    expect(saved()).not.toContain('"logEnd":1');
    now += 1000;
    mark.note(2);
    expect(saved()).toContain('"logEnd":2');
    now -= 1_000_000;
    mark.note(3);
    expect(saved()).toContain('"logEnd":3');
    mark.note(4);
    mark.close();
    expect(saved()).toContain('"logEnd":4');
  });

  it('stays small however long a store runs, and still knows about the times of long ago', () => {
    const mark = open('a', 0);
    for (let second = 1; second <= 1500; second++) {
      now += 1000;
      mark.note(second * 100);
    }
    expect(readFileSync(path()).length).toBeLessThan(8192);
    const [lost] = missing('a', 75_000);
    expect(lost.events).toBe(75_000);
    expect(lost.sinceMs).toBeLessThanOrEqual(751_000);
    expect(lost.sinceMs).toBeGreaterThan(0);
  });

  it('does not disturb when it cannot be written', () => {
    const nowhere = join(directory, 'missing', 'm');
    const mark = StoreMark.open(nowhere, { storeId: 'a', logEnd: 0 });
    mark.note(1);
    mark.close();
    expect(existsSync(nowhere)).toBe(false);
  });
});
