import fc from 'fast-check';
import { partitionOfNumber, uuidText } from '../../streaming/index.js';
import { cleanRecordId } from '../domain/record-id.js';
import { eventTypes, UsageEvents } from '../domain/usage-events.js';
import {
  UsageDecoder,
  usageMessages,
  type ReadMessage,
  type UsageMessage,
} from './kafka-usage-codec.js';

const partitions = 4;

const read = (messages: readonly UsageMessage[], partition: number): UsageEvents =>
  new UsageDecoder({ partition, partitions }).decode(
    messages.map((message, offset): ReadMessage => {
      const { key, value, timestamp = '7', headers = {} } = message;
      return {
        offset: offset * 2,
        timestampMs: Number(timestamp),
        key: key === null ? null : Buffer.from(key),
        value: Buffer.from(value),
        headers,
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
  const payload = events.types[0] === eventTypes.unreadable ? events.payloads.get(0) : undefined;
  const { code } = JSON.parse(payload ?? '{}') as { code?: string };
  return { type: events.types[0], code };
};

describe('usage events on the topic', () => {
  test('a record of a file comes back with all that was said of it, in its partition', () => {
    fc.assert(
      fc.property(line, (of) => {
        const events = new UsageEvents(1);
        events.pushRecord(of);
        const recordedAt = new Date(of.recordedAtMs).toISOString();
        const text = `${of.externalId};${recordedAt};${of.msisdn};${of.recordedBytes}`;
        events.raw = () => Buffer.from(text);
        const partition = partitionOfNumber(of.msisdn, partitions);
        const messages = usageMessages(events, partitions);
        expect(messages.map(({ length }) => length)).toEqual(
          Array.from({ length: partitions }, (_, at) => (at === partition ? 1 : 0)),
        );
        const back = read(messages[partition], partition);
        expect(back.types[0]).toBe(eventTypes.dataRecord);
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
      expect([back.length, back.types[0], back.payloads.get(0)]).toEqual([1, 3, payload]);
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
      'a feed without a name',
      { value: '{"status":"idle"}', headers: { type: 'feed' } },
      'EVENT_UNREADABLE',
    ],
  ])('%s is an event that says so', (_name, message, code) => {
    expect(only(message)).toEqual({ type: eventTypes.unreadable, code });
  });

  test('never throws, whatever the bytes are', () => {
    const header = fc.constantFrom(undefined, 'agreement', 'correction', 'feed', 'x');
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json()), header, (written, type) => {
        const value = Buffer.from(written as string);
        const headers: Record<string, string> = type === undefined ? {} : { type };
        const message = { offset: 0, timestampMs: 1, key: value, value, headers };
        const events = new UsageDecoder({ partition: 0, partitions: 1 }).decode([message]);
        expect(events.length).toBe(1);
        events.raw(0);
      }),
    );
  });
});
