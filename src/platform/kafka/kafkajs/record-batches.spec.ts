import fc from 'fast-check';
import Decoder from 'kafkajs/src/protocol/decoder.js';
import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
import { Fault } from '../../../streaming/index.js';
import { readRecordBatches } from './record-batches.js';
import { RecordBuffer } from './record-chunks.js';

interface Encoded {
  readonly buffer: Buffer;
}

/** What kafkajs writes and reads: ours has to read the same. */
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js') as {
  RecordBatch(of: object): Promise<Encoded>;
};
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (
  of: object,
) => Encoded;
const decodeMessages = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js') as (
  decoder: Decoder,
) => Promise<KafkajsMessage[]>;

interface KafkajsMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | Buffer[] | null>;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

interface RecordInTest {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampDelta: number;
}

interface BatchInTest {
  readonly firstOffset: number;
  readonly firstTimestamp: number;
  readonly producerId: number;
  readonly transactional: boolean;
  /** 0 none, 1 gzip. */
  readonly compression: number;
  /** Offsets behind the records that were compacted away. */
  readonly gone: number;
  readonly flags: number;
  readonly records: readonly RecordInTest[];
}

const logAppendTime = 0x8;
const control = 0x20;

const withFlags = (batch: Buffer, flags: number): Buffer => {
  batch.writeUInt16BE(batch.readUInt16BE(21) | flags, 21);
  batch.writeUInt32BE(crc32C(batch.subarray(21)), 17);
  return batch;
};

const bytesOf = async (batch: BatchInTest): Promise<Buffer> => {
  const { records, gone, flags, firstTimestamp, ...rest } = batch;
  const encoded = await RecordBatch({
    ...rest,
    firstTimestamp,
    maxTimestamp: firstTimestamp + 77,
    lastOffsetDelta: records.length - 1 + gone,
    records: records.map(({ key, value, ...each }, offsetDelta) =>
      encodeRecord({
        ...{ ...each, offsetDelta },
        key: key === null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
      }),
    ),
  });
  return withFlags(encoded.buffer, flags);
};

const blob = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null });

/** kafkajs mixes up a header with what every object has under its name. */
const headerName = fc
  .string({ minLength: 1, maxLength: 8 })
  .filter((name) => !(name in Object.prototype));

const record: fc.Arbitrary<RecordInTest> = fc.record({
  key: blob,
  value: blob,
  headers: fc.dictionary(headerName, fc.string({ maxLength: 20 })),
  timestampDelta: fc.oneof(
    fc.integer({ min: -200, max: 200 }),
    fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
  ),
});

const batch: fc.Arbitrary<BatchInTest> = fc.record({
  firstOffset: fc.integer({ min: 0, max: 2 ** 50 }),
  firstTimestamp: fc.integer({ min: 10 ** 12, max: 9 * 10 ** 12 }),
  producerId: fc.integer({ min: -1, max: 2 ** 40 }),
  transactional: fc.boolean(),
  compression: fc.constantFrom(0, 0, 0, 1),
  gone: fc.nat(3),
  flags: fc.constantFrom(0, 0, 0, logAppendTime, control),
  records: fc.array(record, { minLength: 1, maxLength: 20 }),
});

/** Offsets rise from batch to batch, with gaps. */
const batchesInOrder = fc
  .array(batch, { maxLength: 4 })
  .map((batches) =>
    batches.map((each, at) => ({ ...each, firstOffset: each.firstOffset + at * 2 ** 51 })),
  );

const byKafkajs = (bytes: Buffer): Promise<KafkajsMessage[]> => {
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return decodeMessages(new Decoder(Buffer.concat([size, bytes])));
};

/** All that kafkajs says of the messages, in the words of ours. */
const wantedOf = async (bytes: Buffer): Promise<object[]> =>
  (await byKafkajs(bytes)).map(({ headers, batchContext, ...message }) => ({
    offset: Number(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, `${text}`])),
    producerId: batchContext.producerId,
    isInTransaction: batchContext.inTransaction,
    isControl: message.isControlRecord,
  }));

const foundIn = (bytes: Buffer): object[] =>
  readRecordBatches(bytes, 0).flatMap(({ messages, producerId, isInTransaction, isControl }) =>
    messages.map(({ offset, timestampMs, key, value, headers }) => ({
      ...{ offset, timestampMs, key, value, headers: { ...headers } },
      ...{ producerId, isInTransaction, isControl },
    })),
  );

const faultOf = (bytes: Buffer): Fault => {
  try {
    readRecordBatches(bytes, 0);
  } catch (error) {
    return error as Fault;
  }
  throw new Error('nothing was thrown');
};

const plain: BatchInTest = {
  ...{ firstOffset: 41, firstTimestamp: 1_700_000_000_000, producerId: 7, transactional: true },
  ...{ compression: 0, gone: 0, flags: 0 },
  records: [
    { key: Buffer.from('48500000001'), value: Buffer.from('{}'), headers: {}, timestampDelta: 0 },
    { key: null, value: null, headers: { type: 'feed' }, timestampDelta: -3 },
  ],
};

describe('batches of records as a broker sends them', () => {
  test('are read as kafkajs reads them', async () => {
    await fc.assert(
      fc.asyncProperty(batchesInOrder, async (batches) => {
        const bytes = Buffer.concat(await Promise.all(batches.map(bytesOf)));
        expect(foundIn(bytes)).toEqual(await wantedOf(bytes));
        expect(readRecordBatches(bytes, 0).map(({ lastOffset }) => lastOffset)).toEqual(
          batches.map(({ firstOffset, records, gone }) => firstOffset + records.length - 1 + gone),
        );
      }),
    );
  });

  test('are left out where the answer was cut off', async () => {
    const whole = await bytesOf(plain);
    const bytes = Buffer.concat([whole, await bytesOf({ ...plain, firstOffset: 50 })]);
    for (let { length } = whole; length <= bytes.length; length++) {
      const batches = length < bytes.length ? 1 : 2;
      expect(foundIn(bytes.subarray(0, length))).toHaveLength(batches * plain.records.length);
    }
  });

  test('are refused with any bit changed but those of its place and its epoch', async () => {
    const good = await bytesOf(plain);
    const placeBytes = 8;
    const epoch = { from: 12, to: 16 };
    for (let bit = placeBytes * 8; bit < good.length * 8; bit++) {
      if (bit >= epoch.from * 8 && bit < epoch.to * 8) continue;
      const bad = Buffer.from(good);
      bad[bit >> 3] ^= 1 << (bit & 7);
      expect(faultOf(bad)).toMatchObject({ code: 'KAFKA_RECORDS_UNREADABLE', reaction: 'Retry' });
    }
  });

  test('are refused where a place is not behind the one before', async () => {
    const bytes = Buffer.concat([await bytesOf(plain), await bytesOf(plain)]);
    expect(faultOf(bytes).message).toContain('Offset 41: it stands behind offset 42.');
  });

  test('may have been rewritten by a compaction, which keeps times', async () => {
    const deleteHorizon = 0x40;
    const bytes = withFlags(await bytesOf(plain), deleteHorizon);
    expect(foundIn(bytes)).toEqual(await wantedOf(bytes));
  });

  test('are refused when their records do not fit, whatever their checksum says', async () => {
    const good = await bytesOf(plain);
    const recordsAt = 57;
    fc.assert(
      fc.property(
        fc.integer({ min: recordsAt, max: good.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        (at, byte) => {
          const bad = Buffer.from(good);
          bad[at] = byte;
          withFlags(bad, 0);
          try {
            for (const { messages } of readRecordBatches(bad, 0)) {
              messages.forEach(({ key, value, headers }) => [key, value, headers]);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(Fault);
          }
        },
      ),
    );
  });

  test.each([
    ['a format of old', (bytes: Buffer) => bytes.writeInt8(1, 16), 'it has format 1, not 2'],
    ['a length of nothing', (bytes: Buffer) => bytes.writeInt32BE(3, 8), 'it is too short'],
    ['zstd', (bytes: Buffer) => withFlags(bytes, 4), 'compression 4 is not known'],
    ['what is no gzip', (bytes: Buffer) => withFlags(bytes, 1), 'incorrect header check'],
    [
      'more records than there are',
      (bytes: Buffer) => {
        bytes.writeInt32BE(3, 57);
        withFlags(bytes, 0);
      },
      'its records are not whole',
    ],
  ])('say what is wrong: %s', async (_name, spoil, why) => {
    const bytes = await bytesOf(plain);
    spoil(bytes);
    const fault = faultOf(bytes);
    expect(fault.message).toBe(`A batch of records cannot be read. Offset 41: ${why}.`);
    expect(fault.facts).toEqual({ offset: 41 });
  });

  test('have of a header that comes twice the last one, and none without a value', async () => {
    const records = new RecordBuffer();
    const headers = { type: ['agreement', 'feed'], none: undefined, empty: '', valueOf: 'x' };
    records.push({ key: 'a', value: 'b', headers, timestamp: '7' });
    const encoded = { buf: records.bytes, buffer: records.bytes };
    const { buffer } = await RecordBatch({ records: [encoded] });
    const [{ messages }] = readRecordBatches(buffer, 0);
    expect(messages[0].headers).toEqual({ type: 'feed', empty: '', valueOf: 'x' });
  });
});
