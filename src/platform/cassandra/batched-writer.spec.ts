import { Fault } from '../../streaming/index.js';
import { BatchedWriter, type BatchedWriterOptions, type RowGroup } from './batched-writer.js';
import type { RowBuffer } from './row-buffer.js';

const statement = { cql: 'INSERT', values: 1 };

/** A server that answers when it is told to. */
class ServerInTest {
  readonly batches: { rows: number; bytes: number }[] = [];
  readonly #open: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  most = 0;

  statementId(): Promise<Uint8Array> {
    return Promise.resolve(Uint8Array.of(1, 2));
  }

  sendRows(_cql: string, rows: RowBuffer): Promise<void> {
    this.batches.push({ rows: rows.rows, bytes: rows.length });
    return new Promise((resolve, reject) => {
      this.#open.push({ resolve, reject });
      this.most = Math.max(this.most, this.#open.length);
    });
  }

  get open(): number {
    return this.#open.length;
  }

  answer(error?: unknown): void {
    const request = this.#open.shift();
    if (error === undefined) request?.resolve();
    else request?.reject(error);
  }

  /** Answers all there are, and all that come of it. */
  async answerAll(): Promise<void> {
    for (let idle = 0; idle < 3; idle++) {
      await settled();
      while (this.#open.length > 0) {
        idle = 0;
        this.answer();
        await settled();
      }
    }
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const groupOf = (length: number, about: Partial<RowGroup> = {}): RowGroup => ({
  ...{ statement, onePartition: true, length },
  put: (to, row) => to.int(row),
  ...about,
});

const open = (options: BatchedWriterOptions = {}): [ServerInTest, BatchedWriter] => {
  const server = new ServerInTest();
  return [server, new BatchedWriter(server, options)];
};

test('every row is in one batch, and no batch is over its limit', async () => {
  const [server, writer] = open({ partitionBatchBytes: 1_000 });
  const seen: number[] = [];
  const put: RowGroup['put'] = (to, row) => {
    seen.push(row);
    to.int(row);
  };
  const written = writer.write([groupOf(500, { put })]);
  await server.answerAll();
  await written;
  expect(seen).toEqual(Array.from({ length: 500 }, (_, row) => row));
  expect(Math.max(...server.batches.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1_000);
  expect(server.batches.reduce((sum, { rows }) => sum + rows, 0)).toBe(500);
  expect(server.batches.length).toBeLessThan(12);
});

test('rows of several partitions go in smaller batches', async () => {
  const [server, writer] = open({ partitionBatchBytes: 10_000, mixedBatchBytes: 200 });
  const written = writer.write([groupOf(100, { onePartition: false })]);
  await server.answerAll();
  await written;
  expect(server.batches.length).toBeGreaterThan(5);
});

test('a row larger than the limit goes alone', async () => {
  const [server, writer] = open({ partitionBatchBytes: 100 });
  const put: RowGroup['put'] = (to) => to.blob(new Uint8Array(5_000));
  const written = writer.write([groupOf(3, { put })]);
  await server.answerAll();
  await written;
  expect(server.batches.map(({ rows }) => rows)).toEqual([1, 1, 1]);
});

test('no more batches are on their way than allowed, over all writes', async () => {
  const [server, writer] = open({ partitionBatchBytes: 100, batchesInFlight: 3 });
  const written = Promise.all([writer.write([groupOf(50)]), writer.write([groupOf(50)])]);
  await server.answerAll();
  await written;
  expect(server.most).toBe(3);
});

test('rows are encoded only when there is room for their batch', async () => {
  const [server, writer] = open({ partitionBatchBytes: 100, batchesInFlight: 2 });
  let encoded = 0;
  const put: RowGroup['put'] = (to, row) => {
    encoded++;
    to.int(row);
  };
  const written = writer.write([groupOf(1_000, { put })]);
  await settled();
  expect(server.open).toBe(2);
  expect(encoded).toBeLessThan(20);
  await server.answerAll();
  await written;
  expect(encoded).toBe(1_000);
});

test('the first error rejects, and nothing more is handed out', async () => {
  const [server, writer] = open({ partitionBatchBytes: 100, batchesInFlight: 2 });
  const written = writer.write([groupOf(1_000)]);
  const fault = new Fault('CASSANDRA_TIMED_OUT', 'Retry', 'planted');
  written.catch(() => undefined);
  await settled();
  const before = server.batches.length;
  server.answer(fault);
  await expect(written).rejects.toBe(fault);
  await server.answerAll();
  expect(server.batches.length).toBe(before);
});

test('after an error the next write has all the room', async () => {
  const [server, writer] = open({ partitionBatchBytes: 100, batchesInFlight: 2 });
  const failing = writer.write([groupOf(100)]);
  failing.catch(() => undefined);
  await settled();
  server.answer(new Error('planted'));
  server.answer(new Error('planted'));
  await expect(failing).rejects.toThrow('planted');
  server.most = 0;
  const written = writer.write([groupOf(100)]);
  await server.answerAll();
  await written;
  expect(server.most).toBe(2);
});

test('an error of the rows themselves rejects, and the room is given back', async () => {
  const [server, writer] = open({ batchesInFlight: 1 });
  const put: RowGroup['put'] = () => {
    throw new Error('planted');
  };
  await expect(writer.write([groupOf(1, { put })])).rejects.toThrow('planted');
  const written = writer.write([groupOf(1)]);
  await server.answerAll();
  await written;
});

test('nothing to write resolves', async () => {
  const [server, writer] = open();
  await writer.write([groupOf(0)]);
  await writer.write([]);
  expect(server.batches).toEqual([]);
});
