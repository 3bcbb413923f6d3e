import * as fc from 'fast-check';
import { RecordChunks } from '../../platform/kafka/index.js';
import { eventTypes, UsageEvents } from '../domain/usage-events.js';
import { usageMessages } from './kafka-usage-codec.js';
import { usageRecords } from './kafka-usage-records.js';

const partitions = 3;

const word = fc.integer({ min: 0, max: 0xffffffff });
const record = fc.record({
  msisdn: fc.integer({ min: 1, max: 999_999_999_999_999 }),
  recordedAtMs: fc.integer({ min: -1000, max: 2 ** 42 }),
  recordId: fc.tuple(word, word, word, word).map((words) => Uint32Array.from(words)),
  recordedBytes: fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 9, 10, 99, 100, 2 ** 53 - 1)),
  fileId: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  lineNo: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  externalId: fc.string({ unit: 'binary', minLength: 1, maxLength: 900 }),
  hasLine: fc.boolean(),
  isUnterminated: fc.boolean(),
});

const eventsOf = (
  records: readonly (typeof record extends fc.Arbitrary<infer R> ? R : never)[],
) => {
  const events = new UsageEvents(records.length + 1);
  const lines = records.map(({ externalId, msisdn, recordedBytes, hasLine }) => {
    const id = externalId.replaceAll(';', ',');
    const line = Buffer.from(
      `${id};2020-01-02T00:00+01:00[Europe/Warsaw];${msisdn};${recordedBytes}`,
    );
    return hasLine ? line : undefined;
  });
  for (const each of records) {
    const { unterminatedRecord, dataRecord } = eventTypes;
    events.pushRecord(each, each.isUnterminated ? unterminatedRecord : dataRecord);
  }
  const feed = { msisdn: 0, timestampMs: 0, payload: '{"feed":"a","status":"active"}' };
  events.pushControl(eventTypes.feed, feed);
  events.pushControl(eventTypes.correction, { ...feed, msisdn: 481 });
  events.raw = (at) => lines[at];
  return events;
};

const bytesOf = (chunks: RecordChunks): string[] =>
  Array.from(chunks, ({ bytes }) => bytes.toString('hex'));

it('the records are the messages, whatever stands in a line', () => {
  jest.useFakeTimers({ now: 0 }); // a control event has the time it is written
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), (records) => {
      const events = eventsOf(records);
      const encoded = usageRecords(events, partitions);
      usageMessages(events, partitions).forEach((messages, partition) => {
        const expected = new RecordChunks();
        for (const message of messages) expected.push(message);
        expect(bytesOf(encoded[partition])).toEqual(bytesOf(expected));
      });
    }),
  );
  jest.useRealTimers();
});
