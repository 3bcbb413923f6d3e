import { assertRight, check } from './check.js';
import { instantOf, recordIdOf, recordOfLine } from './input.js';
import { Ledger } from './ledger.js';
import { monthAt } from './months.js';
import { smallWorld, type Changeable } from './small-world.js';
import type { World } from './world.js';

type Plant = (world: Changeable<World>) => void;

/** Changes the value of a message of the topic, and its copy, as a program that errs would. */
const rewrite = (world: Changeable<World>, at: number, change: object): void => {
  const value = JSON.stringify({ ...(JSON.parse(world.messages[at].value) as object), ...change });
  world.messages[at].value = value;
  world.messageCopies[at].value = value;
  for (const seen of world.seen) {
    const { topic, offset } = world.messages[at];
    if (seen.topic === topic && seen.offset === offset) seen.value = value;
  }
};

const remove = <T>(items: T[], at: number): void => void items.splice(at, 1);

const removeMessage = (world: Changeable<World>, at: number): void => {
  world.seen = world.seen.filter(({ headers }) => headers.id !== `message-${at}`);
  remove(world.messages, at);
  remove(world.messageCopies, at);
};

const plants: readonly (readonly [fault: string, law: string, plant: Plant])[] = [
  ['a row is missing', 'the rows are those', ({ rows }) => remove(rows, 1)],
  ['a row is there twice', 'no row is there twice', ({ rows }) => rows.push({ ...rows[0] })],
  [
    'a row has a second version nobody wrote',
    'the rows are those',
    ({ rows }) => rows.push({ ...rows[0], version: 4 }),
  ],
  ['a row has other bytes', 'the rows are those', ({ rows }) => void (rows[0].recordedBytes = 59)],
  [
    'a late row says counted',
    'the rows are those',
    ({ rows }) => void (rows[2].status = 'counted'),
  ],
  ['a row lies in another shard', 'a row lies where', ({ rows }) => void rows[0].shard++],
  [
    'a row lies in another day',
    'a row lies where',
    ({ rows }) => void (rows[0].day = '2020-01-06'),
  ],
  ['a waiting row is not listed', 'a row that waits', ({ waitingRows }) => waitingRows.pop()],
  [
    'a row of data_record is missing',
    'data_record has what counts',
    ({ dataRecords }) => remove(dataRecords, 2),
  ],
  [
    'a row of data_record is of an older version',
    'data_record has what counts',
    ({ dataRecords }) => void (dataRecords[0].recordedBytes = 59),
  ],
  [
    'a row of data_record is in another month',
    'data_record has what counts',
    ({ dataRecords }) => void (dataRecords[0].month = 2),
  ],
  [
    'a record that waits is in data_record',
    'data_record has what counts',
    (world) => {
      const { recordId, recordedAtMs } = world.rows[3];
      world.dataRecords.push({ ...world.dataRecords[0], recordId, recordedAtMs });
    },
  ],
  [
    'a total is off by one',
    'a message has the total',
    (w) => rewrite(w, 1, { totalRecordedBytes: 111 }),
  ],
  [
    'the last total is not the sum of the rows',
    'the last message of a closed period',
    (w) => rewrite(w, 2, { totalRecordedBytes: 116 }),
  ],
  ['a delta is wrong', 'a message has the total', (w) => rewrite(w, 2, { delta: 6 })],
  [
    'closed is said twice',
    'closed is said once',
    (w) => {
      w.messages.push({
        ...w.messages[1],
        offset: 9,
        headers: { ...w.messages[1].headers, id: 'x' },
      });
    },
  ],
  [
    'exceeded is said twice',
    'exceeded is said once',
    (w) => {
      w.messages.push({
        ...w.messages[0],
        offset: 9,
        headers: { ...w.messages[0].headers, id: 'x' },
      });
    },
  ],
  [
    'exceeded names another record than the crossing one',
    'a message names the record',
    (w) => rewrite(w, 0, { latestInternalRecordId: 'aaaaaaaa-0000-4000-8000-000000000001' }),
  ],
  [
    'exceeded is said before the total is reached',
    'a message has the total',
    (w) => rewrite(w, 0, { totalRecordedBytes: 60 }),
  ],
  ['exceeded is not said', 'the messages of a period', (w) => removeMessage(w, 0)],
  ['closed is not said', 'the messages of a period', (w) => removeMessage(w, 1)],
  ['a late record is not told', 'the messages of a period', (w) => removeMessage(w, 2)],
  [
    'closed is said before exceeded',
    'the messages of a period',
    ({ messages }) => void messages.reverse(),
  ],
  [
    'a message has another time',
    'a message has the form',
    ({ messages }) => void messages[0].timestampMs++,
  ],
  [
    'two messages have one id',
    'no two messages have one id',
    ({ messages }) => void (messages[1].headers.id = messages[0].headers.id),
  ],
  ['a copy of a message is missing', 'table message is a copy', (w) => remove(w.messageCopies, 1)],
  [
    'a copy was written of a message that was never sent',
    'table message is a copy',
    (w) => w.messageCopies.push({ ...w.messageCopies[1], revision: 7 }),
  ],
  [
    'a message that was seen is gone',
    'a message that was seen once stays',
    ({ seen }) => seen.push({ ...seen[1], offset: 77 }),
  ],
  [
    'another message stands where one was seen',
    'a message that was seen once stays',
    ({ seen }) => void (seen[1].value = '{}'),
  ],
  ['a line is in no column', 'the book of a file sums', ({ books }) => void books[1].counted--],
  ['a line is in two columns', 'the book of a file sums', ({ books }) => void books[3].counted++],
  [
    'a line is in the wrong column',
    'a line is in the column',
    ({ books }) => {
      books[1].counted--;
      books[1].duplicate++;
    },
  ],
  ['a line is not in the log', 'a line is in the log once', ({ log }) => remove(log, 3)],
  [
    'a line is in the log twice',
    'a line is in the log once',
    ({ log, positions }) => {
      log.push({ ...log[1], offset: 10 });
      positions[0].offset = 11;
    },
  ],
  [
    'a line in the log is not in any file',
    'a line is in the log once',
    ({ log }) => void (log[1].value = log[1].value.replace('"lineNo":1', '"lineNo":99')),
  ],
  [
    'the log says other bytes than the line',
    'a record in the log is what its line says',
    ({ log }) => void (log[1].value = log[1].value.replace(':60', ':600')),
  ],
  [
    'a refused line is lost',
    'a line is in the log once',
    ({ deadLetters }) => remove(deadLetters, 0),
  ],
  ['a conflict is no dead letter', 'what was refused', ({ deadLetters }) => remove(deadLetters, 1)],
  [
    'a dead letter of what was not refused',
    'what was refused',
    ({ deadLetters }) => deadLetters.push({ ...deadLetters[1], offset: 3, lineNo: 2 }),
  ],
  [
    'a file is imported twice',
    'a dropped file is imported once',
    ({ files }) => files.push(files[1]),
  ],
  ['a file is not imported', 'a dropped file is imported once', ({ files }) => remove(files, 1)],
  [
    'a file is not done',
    'a dropped file is imported once',
    ({ files }) => void (files[0].isDone = false),
  ],
  ['a file lost lines', 'a file has as many lines', ({ files }) => void files[0].lines--],
  [
    'a partition was not told of a feed',
    'every partition is told the same',
    ({ log, positions }) => {
      remove(log, 10);
      positions[1].offset = 2;
    },
  ],
  ['an agreement is not stored', 'the agreements are those', ({ agreements }) => agreements.pop()],
  [
    'events are left to do',
    'nothing is left to do',
    ({ positions }) => void (positions[0].offset = 9),
  ],
  ['a partition was never begun', 'nothing is left to do', ({ positions }) => positions.pop()],
  [
    'an event is half done',
    'nothing is left to do',
    ({ positions }) => void (positions[0].cursor = 3),
  ],
  ['a transaction is open', 'no transaction is open', ({ ends }) => void (ends[0].committed = 9)],
];

describe('the checker', () => {
  test('finds nothing in a world in which all is right', () => {
    expect(check(smallWorld())).toEqual([]);
    expect(() => assertRight(smallWorld())).not.toThrow();
  });

  test.each(plants)('%s: it says so', (_fault, law, plant) => {
    const world = smallWorld();
    plant(world);
    const laws = check(world).map((finding) => finding.law);
    expect(laws).toContainEqual(expect.stringContaining(law));
    expect(() => assertRight(world)).toThrow();
  });

  test('names the first key that differs, and counts the others', () => {
    const world = smallWorld();
    world.rows.splice(0, 2);
    const key = String.raw`\d+/2020-01-05T10:00:00\.000Z/aaaaaaaa-[^ ]*01 version 2`;
    const first = new RegExp(`^the rows are those the log leads to: ${key}: missing`);
    expect(() => assertRight(world)).toThrow(first);
    expect(() => assertRight(world)).toThrow(/2 × the rows are those/);
  });
});

describe('its own reading of the rules', () => {
  test('an agreement that comes releases what waited, in order of time', () => {
    const world = smallWorld();
    const [agreement] = world.log;
    const key = JSON.parse(world.log[8].value) as { msisdn: string };
    const json = { ...(JSON.parse(agreement.value) as object), ...key, id: 'b'.repeat(8) };
    world.log.push({ ...agreement, partition: 1, offset: 5, value: JSON.stringify(json) });
    world.positions[1].offset = 6;
    const found = check(world).map(({ law, key: where }) => `${law} ${where}`);
    // Released after the end of its month: late, and told as an adjustment.
    expect(found).toContainEqual(expect.stringMatching(/rows.*aaaaaaaa.*04 version 5/));
    expect(found).toContainEqual(expect.stringMatching(/messages of a period.*bbbbbbbb 2020-1/));
    expect(found).toContainEqual(expect.stringMatching(/column.*file 1 partition 1/));
  });

  test('of one instant they are released in the order of their ids, not of the log', () => {
    const ledger = new Ledger();
    const record = (digit: string, recordedAtMs: number) => ({
      ...{ recordId: `${digit.repeat(8)}-0000-4000-8000-000000000000`, msisdn: 48_600_100_200 },
      ...{ recordedAtMs, recordedBytes: 1, fileId: 0, lineNo: 0, isUnterminated: false },
    });
    const noon = Date.UTC(2020, 0, 5, 12);
    const logged = [record('c', noon), record('a', noon + 1), record('b', noon), record('9', noon)];
    for (const [at, each] of logged.entries()) ledger.apply({ type: 'record', record: each }, at);
    const agreement = {
      ...{ id: 'dddddddd-0000-4000-8000-000000000000', msisdn: 48_600_100_200, zone: 'UTC' },
      ...{ signedAtMs: 0, serviceStartAtMs: 0, maxBytes: 100 },
    };
    ledger.apply({ type: 'agreement', agreement }, logged.length);
    const released = ledger.versions.filter(({ version }) => version === logged.length);
    const digits = released.map(({ record: { recordId } }) => recordId.slice(0, 1));
    expect(digits).toEqual(['9', 'b', 'c', 'a']);
  });

  test.each([
    ['Europe/Warsaw', '2020-01-31T23:30+01:00[Europe/Warsaw]', 1, '2020-01-31T23:00:00.000Z'],
    ['Europe/Warsaw', '2020-02-01T00:00+01:00[Europe/Warsaw]', 2, '2020-02-29T23:00:00.000Z'],
    ['America/New_York', '2020-03-31T23:59:59.999-04:00', 3, '2020-04-01T04:00:00.000Z'],
    ['Asia/Kathmandu', '2020-12-31T18:15Z', 1, '2021-01-31T18:15:00.000Z'],
  ])('a month of %s at %s', (...[zone, text, month, end]) => {
    const found = monthAt(zone, instantOf(text));
    expect([found.month, new Date(found.endMs).toISOString()]).toEqual([month, end]);
  });

  test('lines are read by the wire contract, and refused when they are not of it', () => {
    const good = 'x-1;2020-01-02T00:00+01:00[Europe/Warsaw];48917846822;825012938';
    expect(recordOfLine(good, 'default')).toEqual({
      ...{ msisdn: 48917846822, recordedAtMs: Date.UTC(2020, 0, 1, 23), recordedBytes: 825012938 },
      recordId: recordIdOf('default', 'x-1'),
    });
    expect(recordIdOf('default', 'cdr-1')).toBe('7b675bba-a1e4-50d0-8a45-0a09d985177f');
    const bad = ['', 'a;b;c;d', good.replace(';825', ';-825'), good.replace(';489', ';0489')];
    for (const line of [...bad, `${good};1`, good.replace('-01-02', '-02-30')]) {
      expect(recordOfLine(line, 'default')).toBeUndefined();
    }
  });
});
