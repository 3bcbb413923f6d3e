import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { pauseFor } from '../../platform/pause.js';
import { uuidText } from '../../values/uuid.js';
import { eventTypes } from '../../ingest/index.js';
import { LineBatches, linesPerBatch, type LineBatch, type ReadingMark } from './line-batches.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** True once so many bytes of buffers at the most are held; freed ones are swept a little later. */
const holdsAtMost = async (bytes: number): Promise<boolean> => {
  for (let tries = 0; tries < 200; tries++) {
    collectGarbage();
    if (process.memoryUsage().arrayBuffers <= bytes) return true;
    await pauseFor(1);
  }
  return false;
};

const source = {
  fileId: 3,
  feed: 'default',
  stampMs: Date.UTC(2020, 5, 1),
  maxFutureSkewMs: 86_400_000,
};
const maxLineBytes = 120;

const goodLine = (n: number): string =>
  `${uuidText(Uint32Array.of(1, 2, 3, n + 1))};2020-01-02T00:00:0${n % 10}Z;48${n};${n}`;

const read = (chunks: readonly Buffer[], from?: ReadingMark): LineBatch[] => {
  const batches = new LineBatches(source, { maxLineBytes }, from);
  const found = chunks.flatMap((chunk) => [...batches.push(chunk)]);
  return [...found, batches.end(true)];
};

/** All that a batch says, as plain values. */
const plain = ({ events, refused, mark }: LineBatch) => ({
  records: Array.from({ length: events.length }, (_, at) => ({
    id: uuidText(events.recordIds, at * 4),
    recordedAtMs: events.timestampsMs[at],
    msisdn: events.keys[at],
    bytes: events.recordedBytes[at],
    lineNo: events.lineNos[at],
    raw: Buffer.from(events.raw(at) ?? []).toString('latin1'),
  })),
  refused: refused.map(({ lineNo, code, raw }) => {
    return { lineNo, code, raw: Buffer.from(raw).toString('latin1') };
  }),
  mark,
});

const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length];
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
};

const refusedCodes = (text: string | Buffer): string[] =>
  read([Buffer.from(text)])[0].refused.map(({ code }) => code);

const line = fc.oneof(
  { weight: 4, arbitrary: fc.nat(999).map(goodLine) },
  fc.constantFrom('', '\r', 'a;b', '# line 3 CODE: words', '\0', 'x'.repeat(maxLineBytes)),
  fc.integer({ min: 1, max: 500 }).map((n) => ';'.repeat(n)),
  fc.nat(99).map((n) => `${goodLine(n)}\r`),
);

const fileBytes = fc
  .tuple(fc.array(line, { maxLength: 30 }), fc.boolean(), fc.boolean())
  .map(([lines, hasMark, endsInLine]) =>
    Buffer.from((hasMark ? '\ufeff' : '') + lines.join('\n') + (endsInLine ? '' : '\n')),
  );

describe('batches of the lines of a file', () => {
  it('are the same however the bytes come in chunks', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fileBytes, sizes, (bytes, cuts) => {
        expect(read(cut(bytes, cuts)).map(plain)).toEqual(read([bytes]).map(plain));
      }),
      { numRuns: 400 },
    );
  });

  it('leave no byte and no line out', () => {
    fc.assert(
      fc.property(fileBytes, (bytes) => {
        const [{ events, refused, mark }] = read([bytes]);
        expect(mark.byteOffset).toBe(bytes.length);
        expect(mark.lines).toBe(events.length + refused.length);
        const lines = bytes.toString().split('\n');
        if (lines.at(-1) === '') lines.pop();
        expect(mark.lineNo).toBe(lines.length);
        expect(mark.lineNo - mark.lines).toBe(
          lines.filter((text) => text.replace('\ufeff', '').startsWith('# line ')).length,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('go on at the mark of any earlier batch as if nothing had happened', () => {
    const count = linesPerBatch * 2 + 100;
    const lines = Array.from({ length: count }, (_, n) => (n % 1000 === 7 ? 'bad' : goodLine(n)));
    const bytes = Buffer.from(`\ufeff${lines.join('\n')}\n`);
    const whole = read(cut(bytes, [65_536]));
    expect(whole.map(({ mark }) => mark.lineNo)).toEqual([linesPerBatch, linesPerBatch * 2, count]);
    for (const [at, { mark }] of whole.slice(0, 2).entries()) {
      const rest = read(cut(bytes.subarray(mark.byteOffset), [10_007]), mark);
      expect(rest.map(plain)).toEqual(whole.slice(at + 1).map(plain));
    }
  });

  it('end with an empty batch when the file does', () => {
    const [only, ...more] = read([]).map(plain);
    expect(more).toEqual([]);
    expect(only.records).toEqual([]);
    expect(only.mark.firstRecordedAtMs > only.mark.lastRecordedAtMs).toBe(true);
  });

  it('know the earliest and the latest record', () => {
    const [{ mark }] = read([Buffer.from([goodLine(5), goodLine(9), goodLine(2)].join('\n'))]);
    expect(mark.firstRecordedAtMs).toBe(Date.UTC(2020, 0, 2, 0, 0, 2));
    expect(mark.lastRecordedAtMs).toBe(Date.UTC(2020, 0, 2, 0, 0, 9));
  });
});

describe('the lines of a file', () => {
  it('may begin with a byte order mark and end in CR LF or nowhere', () => {
    const text = `\ufeff${goodLine(1)}\r\n${goodLine(2)}\r\n${goodLine(3)}`;
    const [{ records, refused }] = read([Buffer.from(text)]).map(plain);
    expect(refused).toEqual([]);
    expect(records.map(({ raw }) => raw)).toEqual([1, 2, 3].map(goodLine));
    expect(records[0].id).toBe(uuidText(Uint32Array.of(1, 2, 3, 2)));
  });

  it('may have a byte order mark in the middle: files were joined', () => {
    const [joined] = read([Buffer.from(`${goodLine(1)}\n\ufeff${goodLine(2)}`)]).map(plain);
    const [whole] = read([Buffer.from(`${goodLine(1)}\n${goodLine(2)}`)]).map(plain);
    expect(joined.records).toEqual(whole.records);
  });

  it('do not harm each other', () => {
    const text = ['', 'a;b', goodLine(1), 'x;'.repeat(900), goodLine(2)].join('\n');
    expect(refusedCodes(text)).toEqual([
      'CDR_LINE_EMPTY',
      'CDR_FIELDS_TOO_FEW',
      'CDR_LINE_TOO_LONG',
    ]);
    expect(read([Buffer.from(text)])[0].events.length).toBe(2);
  });

  it('are refused beyond their greatest length only', () => {
    expect(refusedCodes('x'.repeat(maxLineBytes))).toEqual(['CDR_FIELDS_TOO_FEW']);
    expect(refusedCodes('x'.repeat(maxLineBytes + 1))).toEqual(['CDR_LINE_TOO_LONG']);
  });

  it('of 10 MB hold no more memory than a line may have, and keep their first bytes', async () => {
    const batches = new LineBatches(source, { maxLineBytes });
    const chunkBytes = 64 * 1024;
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 160; n++) {
      expect([...batches.push(Buffer.allocUnsafeSlow(chunkBytes).fill('x'))]).toEqual([]);
    }
    expect(await holdsAtMost(before + 64 * chunkBytes)).toBe(true);
    expect([...batches.push(Buffer.from(`\n${goodLine(1)}\n`))]).toEqual([]);
    const { events, refused, mark } = batches.end(true);
    expect(refused.map(({ raw }) => raw.length)).toEqual([maxLineBytes]);
    expect(events.length).toBe(1);
    expect(mark.byteOffset).toBe(160 * chunkBytes + 1 + goodLine(1).length + 1);
  });

  it('are marked only where the last one ends without a line break', () => {
    const typesOf = (text: string): number[] => {
      const [{ events }] = read([Buffer.from(text)]);
      return [...events.types.subarray(0, events.length)];
    };
    const { dataRecord, unterminatedRecord } = eventTypes;
    const two = `${goodLine(1)}\n${goodLine(2)}`;
    expect(typesOf(two)).toEqual([dataRecord, unterminatedRecord]);
    expect(typesOf(goodLine(1))).toEqual([unterminatedRecord]);
    for (const lineBreak of ['\n', '\r\n', '\r', '\n# line 3 CODE: words', '\na;b']) {
      expect(typesOf(two + lineBreak)).toEqual([dataRecord, dataRecord]);
    }
  });

  it('are left out when the last one was cut off with the file', () => {
    const batches = new LineBatches(source, { maxLineBytes });
    [...batches.push(Buffer.from(`${goodLine(1)}\n${goodLine(2).slice(0, -1)}`))];
    const { events, mark } = batches.end(false);
    expect(events.length).toBe(1);
    expect(mark).toMatchObject({ lineNo: 1, lines: 1, byteOffset: goodLine(1).length + 1 });
  });
});
