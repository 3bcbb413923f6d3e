import * as fc from 'fast-check';
import { CdrLineParser } from '../../src/import/domain/cdr-line.js';
import { usageMessages } from '../../src/ingest/adapters/kafka-usage-codec.js';
import { FileRecordReader } from '../../src/ingest/incoming-data-records.wire.js';
import { readRecord } from '../../src/ingest/incoming-data-records.topics.js';
import { UsageEvents } from '../../src/ingest/index.js';
import { uuidText } from '../../src/values/index.js';

const recordedAt = '2020-01-02T00:00+01:00[Europe/Warsaw]';

/** The file door; feed `topic`, so that its names are those of the other doors. */
const ofLine = (line: string): { id: string | undefined; events: UsageEvents } => {
  const events = new UsageEvents(1);
  const source = { fileId: 7, feed: 'topic', stampMs: Date.UTC(2021, 0), maxFutureSkewMs: 0 };
  const bytes = Buffer.from(line);
  const range = { bytes, start: 0, end: bytes.length, lineNo: 3 };
  const problem = new CdrLineParser(source).parse(range, events);
  events.raw = () => bytes;
  return { id: problem === undefined ? uuidText(events.recordIds) : undefined, events };
};

/** NDJSON, HTTP JSON and the topic read a record by the same function. */
const ofJson = (record: object): string | undefined => {
  const reading = readRecord(record);
  return reading.ok ? uuidText(reading.record.recordId) : undefined;
};

const ofId = (externalId: string) => {
  const line = ofLine(`${externalId};${recordedAt};48500100200;10`);
  const json = { externalId, recordedAt, msisdn: '48500100200', recordedBytes: 10 };
  return { line, json: ofJson(json) };
};

const uuids = ['8aae90a1-c2e7-33e5-9fab-f8f3e1900906', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'];
const names = ['cdr-1', 'a b', 'żółć', 'x'.repeat(1024), "o'neil", '😀1', '{17}'];
const dressings: ((id: string) => string)[] = [
  (id) => `\t${id}`,
  (id) => `${id}\u00a0`,
  (id) => `"${id}"`,
  (id) => `\ufeff ${id}`,
  (id) => ` " ${id}\u3000" `,
  (id) => `\u200b${id}\u2060`,
  (id) => id.normalize('NFD'),
];

describe('one id is one record at every door', () => {
  it.each([...uuids, ...names])('however it is dressed: %s', (id) => {
    const { line, json } = ofId(id);
    expect(json).toBe(line.id);
    for (const dress of dressings) {
      const dressed = ofId(dress(id));
      expect([dressed.line.id, dressed.json]).toEqual([line.id, line.id]);
    }
  });

  it.each(uuids)('also when a UUID is written as others write it: %s', (id) => {
    for (const form of [id.toLowerCase(), id.toUpperCase(), `{${id}}`, `urn:uuid:${id}`]) {
      const { line, json } = ofId(form);
      expect([line.id, json]).toEqual([id.toLowerCase(), id.toLowerCase()]);
    }
  });

  it('or is refused at each of them', () => {
    const bad = ['', ' ', '""', 'a"b', 'a\tb', 'a\u0007', 'a\ufeffb', 'a\u2003b', 'y'.repeat(1025)];
    for (const id of bad)
      expect([id, ofId(id).line.id, ofId(id).json]).toEqual([id, undefined, undefined]);
    for (const id of ['\ud800a', 'a\udfff']) expect(ofId(id).json).toBeUndefined();
  });

  it('and goes through the topic as what it was read as', () => {
    const dressed = fc.constantFrom(
      ...[...uuids, ...names].flatMap((id) => dressings.map((dress) => dress(id))),
    );
    fc.assert(
      fc.property(dressed, (id) => {
        const { events, id: read } = ofLine(`${id};" ${recordedAt}";\t48500100200 ;"10"`);
        const [[{ value }]] = usageMessages(events, 1);
        const record = new FileRecordReader().read(Buffer.from(value));
        expect(record && uuidText(record.recordId)).toBe(read);
        expect(record).toMatchObject({
          msisdn: 48500100200,
          recordedBytes: 10,
          fileId: 7,
          lineNo: 3,
        });
        const { externalId, recordedAt: at } = JSON.parse(value) as Record<string, string>;
        expect(ofLine(`${externalId};${at};48500100200;10`).id).toBe(read);
      }),
    );
  });
});

describe('the other fields of a record', () => {
  it('are cleaned as the id is', () => {
    const json = { externalId: 'cdr-1', recordedAt, msisdn: '48500100200', recordedBytes: 10 };
    const dressed = { ...json, recordedAt: `"${recordedAt}" `, msisdn: '\u00a048500100200\t' };
    expect(readRecord(dressed)).toEqual(readRecord(json));
    expect(readRecord({ ...json, msisdn: '48 500100200' }).ok).toBe(false);
    expect(readRecord({ ...json, recordedAt: `"${recordedAt}` }).ok).toBe(false);
  });
});
