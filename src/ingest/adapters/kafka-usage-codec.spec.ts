import fc from 'fast-check';
import { partitionOfNumber } from '../../streaming/index.js';
import { uuidText } from '../../values/index.js';
import { cleanRecordId, RecordIds } from '../domain/record-id.js';
import { eventTypes, UsageEvents } from '../domain/usage-events.js';
import {
  importHeaders,
  UsageDecoder,
  usageMessages,
  type ReadMessage,
  type UsageMessage,
} from './kafka-usage-codec.js';

const partitions = 4;
const { dataRecord, unterminatedRecord } = eventTypes;

const read = (messages: readonly UsageMessage[], partition: number): UsageEvents =>
  new UsageDecoder({ partition, partitions }).decode(
    messages.map((message, offset): ReadMessage => {
      const { key, value, timestamp = '1600000000000', headers = {} } = message;
      return {
        offset: offset * 2,
        timestampMs: Number(timestamp),
        key: key === null ? null : Buffer.from(key),
        value: Buffer.from(value),
        headers,
        isInTransaction: true,
      };
    }),
  );

/** The text of an id that stays as it is. */
const isClean = (text: string): boolean => !text.includes(';') && cleanRecordId(text).id === text;

const line = fc.record({
  msisdn: fc.integer({ min: 1, max: 999_999_999_999_999 }),
  // as far as the text of a time goes
  recordedAtMs: fc.integer({ min: Date.UTC(1950, 0), max: Date.UTC(2100, 0) }),
  recordId: fc.uint32Array({ minLength: 4, maxLength: 4 }).map((words) => {
    words[3] |= 1;
    return words;
  }),
  recordedBytes: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fileId: fc.integer({ min: 1, max: 0x7fffffff }),
  lineNo: fc.integer({ min: 1, max: 0x7fffffff }),
  externalId: fc.string({ minLength: 1 }).filter((text) => isClean(text)),
});

const control = (type: number, payload: object, msisdn = 48500000001): UsageMessage => {
  const events = new UsageEvents(1);
  events.pushControl(type, { msisdn, timestampMs: 7, payload: JSON.stringify(payload) });
  return usageMessages(events, partitions).flat()[0];
};

const here = partitionOfNumber(48500000001, partitions);

const only = (message: Partial<UsageMessage>): { type: number; code: string | undefined } => {
  const whole = { index: 0, key: '48500000001', value: '', ...message };
  const events = read([whole], here);
  const payload = events.types[0] === eventTypes.unreadable ? events.payloads[0] : undefined;
  const { code } = JSON.parse(payload ?? '{}') as { code?: string };
  return { type: events.types[0], code };
};

describe('usage events on the topic', () => {
  test('a record of a file comes back with all that was said of it, in its partition', () => {
    fc.assert(
      fc.property(line, fc.constantFrom(dataRecord, unterminatedRecord), (of, type) => {
        const events = new UsageEvents(1);
        events.pushRecord(of, type);
        const recordedAt = new Date(of.recordedAtMs).toISOString();
        const text = `${of.externalId};${recordedAt};${of.msisdn};${of.recordedBytes}`;
        events.raw = () => Buffer.from(text);
        const partition = partitionOfNumber(of.msisdn, partitions);
        const messages = usageMessages(events, partitions);
        expect(messages.map(({ length }) => length)).toEqual(
          Array.from({ length: partitions }, (_, at) => (at === partition ? 1 : 0)),
        );
        const back = read(messages[partition], partition);
        expect(back.types[0]).toBe(type);
        expect([back.keys[0], back.timestampsMs[0], back.recordedBytes[0]]).toEqual([
          of.msisdn,
          of.recordedAtMs,
          of.recordedBytes,
        ]);
        expect(uuidText(back.recordIds)).toBe(uuidText(of.recordId));
        expect([back.fileIds[0], back.lineNos[0]]).toEqual([of.fileId, of.lineNo]);
        expect(Buffer.from(back.raw(0) as Uint8Array).toString()).toBe(text);
      }),
    );
  });

  test('a record without a file keeps its id', () => {
    fc.assert(
      fc.property(line, (of) => {
        const events = new UsageEvents(1);
        events.pushRecord({ ...of, fileId: 0, lineNo: 0 });
        const partition = partitionOfNumber(of.msisdn, partitions);
        const back = read(usageMessages(events, partitions)[partition], partition);
        expect(back.types[0]).toBe(eventTypes.dataRecord);
        expect(uuidText(back.recordIds)).toBe(uuidText(of.recordId));
        expect([back.timestampsMs[0], back.fileIds[0]]).toEqual([of.recordedAtMs, 0]);
      }),
    );
  });

  test('what is about all keys stands in every partition', () => {
    const events = new UsageEvents(1);
    const payload = JSON.stringify({ feed: 'default', status: 'active', completeThroughMs: 5 });
    events.pushControl(eventTypes.feed, { msisdn: 0, timestampMs: 5, payload });
    const messages = usageMessages(events, partitions);
    messages.forEach((of, partition) => {
      const back = read(of, partition);
      expect([back.length, back.types[0], back.payloads[0]]).toEqual([1, 3, payload]);
    });
  });

  test('a correction has the time of its record', () => {
    const recordedAtMs = -5;
    const id = 'aaaaaaaa-0000-4000-8000-000000000000';
    const message = control(eventTypes.correction, {
      ...{ agreementId: id, recordedAtMs, recordId: id, recordedBytes: 1 },
    });
    const back = read([message], here);
    expect([back.types[0], back.timestampsMs[0], back.keys[0]]).toEqual([2, -5, 48500000001]);
  });

  test('offsets are those of the log, gaps included', () => {
    const messages = [control(3, { feed: 'a', status: 'idle' }, 0)];
    expect([...read([...messages, ...messages], 0).offsets.subarray(0, 2)]).toEqual([0, 2]);
  });

  const lines = {
    ...{ externalId: 'cdr-1', recordedAt: '2020-01-02T00:00Z', msisdn: '48500000001' },
    ...{ recordedBytes: 5, internalId: '00000000-0000-0000-0000-000000000000' },
    ...{ fileId: 3, lineNo: 9 },
  };
  const decoded = (json: object, over: Partial<ReadMessage>) => {
    const value = Buffer.from(JSON.stringify(json));
    const timestampMs = Date.parse('2020-01-02T00:00Z');
    const message = { offset: 0, timestampMs, key: null, value, headers: {} };
    const decoder = new UsageDecoder({ partition: here, partitions });
    return decoder.decode([{ ...message, isInTransaction: false, ...over }]);
  };
  const ownId = '8aae90a1-c2e7-33e5-9fab-f8f3e1900906';

  test.each([
    ['without a transaction', { headers: importHeaders }],
    ['without the header of the import', { isInTransaction: true }],
    ['with another header', { isInTransaction: true, headers: { source: 'importer' } }],
  ])('a message %s names no file and no id: its own id is made by the rule', (_name, over) => {
    for (const internalId of [lines.internalId, ownId, 'no id', 7, undefined]) {
      const events = decoded({ ...lines, internalId }, over);
      expect([events.types[0], events.fileIds[0], events.lineNos[0]]).toEqual([0, 0, 0]);
      expect(events.recordedBytes[0]).toBe(5);
      expect(uuidText(events.recordIds)).toBe(uuidText(new RecordIds('topic').of('cdr-1')));
      expect(Buffer.from(events.raw(0) as Uint8Array).toString()).toContain('"fileId":3');
    }
  });

  test('a record of the import has to name its line', () => {
    const own = { isInTransaction: true, headers: importHeaders };
    const good = decoded({ ...lines, internalId: ownId }, own);
    expect([good.fileIds[0], good.lineNos[0], uuidText(good.recordIds)]).toEqual([3, 9, ownId]);
    for (const wrong of [{}, { internalId: ownId, fileId: 0 }, { internalId: ownId, lineNo: -1 }]) {
      expect(decoded({ ...lines, ...wrong }, own).types[0]).toBe(eventTypes.unreadable);
    }
  });

  test('a record may be a day ahead of the time of its message, and no more', () => {
    const timestampMs = Date.parse('2020-01-31T23:00Z');
    const typeAt = (recordedAtMs: number, over = {}) => {
      const recordedAt = new Date(recordedAtMs).toISOString();
      return decoded({ ...lines, recordedAt }, { timestampMs, ...over }).types[0];
    };
    expect(typeAt(timestampMs + 86_400_000)).toBe(eventTypes.dataRecord);
    expect(typeAt(timestampMs + 86_400_001)).toBe(eventTypes.unreadable);
    expect(typeAt(Date.UTC(9998, 0))).toBe(eventTypes.unreadable);
    expect(typeAt(timestampMs, { timestampMs: -1 })).toBe(eventTypes.unreadable);
    expect(typeAt(Date.UTC(1969, 0), { timestampMs: 0 })).toBe(eventTypes.dataRecord);
  });

  test('a control event of another producer is held to what our own doors let in', () => {
    const codeOf = (type: string, json: object, over: Partial<UsageMessage> = {}) =>
      only({ value: JSON.stringify(json), headers: { type }, ...over }).code;
    const correction = { agreementId: ownId, recordId: ownId, recordedBytes: 1 };
    const at = (recordedAtMs: unknown) => codeOf('correction', { ...correction, recordedAtMs });
    expect(at(1_600_000_000_000)).toBeUndefined();
    for (const never of [8.7e15, -9e15, Infinity, '1']) expect(at(never)).toBe('EVENT_UNREADABLE');
    expect(at(1_700_000_000_000)).toBe('RECORD_IN_FUTURE');
    expect(codeOf('agreement', { msisdn: '48500000001' })).toBeUndefined();
    expect(codeOf('agreement', { msisdn: '48500000001' }, { key: '485' })).toBe('EVENT_UNREADABLE');
    expect(codeOf('feed', { feed: 'topic' })).toBeUndefined();
    for (const wrong of [
      { feed: 'x'.repeat(256) },
      { feed: 'x', status: 'asleep' },
      { feed: 'x', completeThroughMs: 9e15 },
      { feed: 'x', completeThroughMs: -9e15 },
      { feed: 'x', maxOutOfOrdernessMs: 9e15 },
    ]) {
      expect(codeOf('feed', wrong)).toBe('EVENT_UNREADABLE');
    }
    expect(codeOf('feed', { feed: 'x' }, { timestamp: '9223372036854776000' })).toBe(
      'EVENT_UNREADABLE',
    );
  });

  test('bytes that are no UTF-8 never become the text of an id', () => {
    const value = Buffer.from(JSON.stringify(lines).replace('cdr-1', 'cdr-\u00e9'), 'latin1');
    expect(decoded({}, { value }).types[0]).toBe(eventTypes.unreadable);
  });

  const record = { externalId: 'x', recordedAt: '2020-01-02T00:00+01:00[Europe/Warsaw]' };

  test.each([
    ['a record of another producer', { ...record, msisdn: '48500000001', recordedBytes: 1 }],
    ['one with further fields', { ...record, msisdn: 48500000001, recordedBytes: 1, cell: 'c' }],
  ])('reads %s', (_name, json) => {
    expect(only({ value: JSON.stringify(json) }).type).toBe(eventTypes.dataRecord);
  });

  test('refuses a record in a partition that is not its own', () => {
    const elsewhere = [1, 2, 3, 4, 5, 6].map((digit) => 48500000000 + digit);
    const msisdn = elsewhere.find((other) => partitionOfNumber(other, partitions) !== here);
    const value = JSON.stringify({ ...record, msisdn: String(msisdn), recordedBytes: 1 });
    expect(only({ value }).code).toBe('EVENT_IN_WRONG_PARTITION');
    const agreement = control(eventTypes.agreement, { msisdn: String(msisdn) });
    expect(only(agreement).code).toBe('EVENT_IN_WRONG_PARTITION');
  });

  test.each([
    ['no JSON', { value: 'x' }, 'RECORD_INVALID'],
    ['a list', { value: '[]' }, 'RECORD_INVALID'],
    ['a field missing', { value: '{"externalId":"x"}' }, 'RECORD_INVALID'],
    ['an unknown type', { value: '{}', headers: { type: 'x' } }, 'EVENT_UNREADABLE'],
    [
      'an agreement that is no JSON',
      { value: '{', headers: { type: 'agreement' } },
      'EVENT_UNREADABLE',
    ],
    [
      'a correction without a key',
      { key: null, value: '{}', headers: { type: 'correction' } },
      'EVENT_UNREADABLE',
    ],
    [
      'a correction of nothing',
      { value: '{}', headers: { type: 'correction' } },
      'EVENT_UNREADABLE',
    ],
    [
      'a line without a line break that is in no file',
      {
        value:
          '{"externalId":"a","recordedAt":"2020-01-01T00:00Z","msisdn":"48500000001",' +
          '"recordedBytes":1}',
        headers: { type: 'unterminated-record' },
      },
      'EVENT_UNREADABLE',
    ],
    [
      'a feed without a name',
      { value: '{"status":"idle"}', headers: { type: 'feed' } },
      'EVENT_UNREADABLE',
    ],
  ])('%s is an event that says so', (_name, message, code) => {
    expect(only(message)).toEqual({ type: eventTypes.unreadable, code });
  });

  test('never throws, whatever the bytes are', () => {
    const header = fc.constantFrom(
      ...[undefined, 'agreement', 'correction', 'feed', 'unterminated-record', 'x'],
    );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json()), header, (written, type) => {
        const value = Buffer.from(written as string);
        const headers: Record<string, string> = type === undefined ? {} : { type };
        const place = { offset: 0, timestampMs: 1, isInTransaction: true };
        const message = { ...place, key: value, value, headers };
        const events = new UsageDecoder({ partition: 0, partitions: 1 }).decode([message]);
        expect(events.length).toBe(1);
        events.raw(0);
      }),
    );
  });
});
