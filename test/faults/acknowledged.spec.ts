import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { numbersFrom } from '../support/random-numbers.js';
import { seed } from '../support/seed.js';
import { builtMain, OverageProcess } from './support/overage-process.js';

/**
 * Several writers send records and corrections over REST while the program is killed again and
 * again. What was answered with success is there afterwards, once; what was not answered is sent
 * again by the writer, as a client would, and counts once too.
 */
const writers = 4;
const lives = 8;
const env = { LOG_LEVEL: 'warn', SNAPSHOT_EVERY_EVENTS: '200' };
const next = numbersFrom(seed);
const dataDir = mkdtempSync(join(tmpdir(), 'overage-acknowledged-'));

afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

interface Operation {
  readonly send: (program: OverageProcess) => Promise<boolean>;
  /** What holds once it was acknowledged. */
  readonly then: () => void;
}

const hex = (digits: number): string =>
  Array.from({ length: digits }, () => next(16).toString(16)).join('');
const newUuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;

/** A client with one agreement; it goes on to the next operation when one is acknowledged. */
class Writer {
  static acknowledged = 0;
  readonly agreementId = newUuid();
  readonly bytesById = new Map<string, number>();
  readonly #timeById = new Map<string, string>();
  readonly #msisdn: string;
  #operation: Operation = this.#agreement();

  constructor(number: number) {
    this.#msisdn = `4812345678${number}`;
  }

  async write(program: OverageProcess): Promise<void> {
    while (!program.hasEnded) await this.finish(program);
  }

  /** Sends the operation in hand once. */
  async finish(program: OverageProcess): Promise<boolean> {
    if (!(await this.#operation.send(program))) return false;
    Writer.acknowledged++;
    this.#operation.then();
    this.#operation = next(3) === 0 ? this.#correction() : this.#records();
    return true;
  }

  #agreement(): Operation {
    const body = (): string =>
      JSON.stringify({
        ...{ id: this.agreementId, msisdn: this.#msisdn, billingPeriodTimeZone: 'Europe/Warsaw' },
        ...{ signedAt: '2019-12-01T00:00+01:00', serviceStartAt: '2019-12-31T00:00+01:00' },
        maxBytesInBillingPeriod: 5000,
      });
    return {
      send: (program) => program.post('/api/agreements', body()),
      then: () => undefined,
    };
  }

  #records(): Operation {
    const records = Array.from({ length: 1 + next(5) }, () => {
      const minute = next(40_000);
      const recordedAt = new Date(Date.UTC(2020, 0, 1) + minute * 60_000).toISOString();
      const recordedBytes = 1 + next(1000);
      return { externalId: newUuid(), recordedAt, msisdn: this.#msisdn, recordedBytes };
    });
    const body = records.map((record) => JSON.stringify(record)).join('\n');
    return {
      send: (program) => program.post('/api/incoming-data-records', body, 'application/x-ndjson'),
      then: () => {
        for (const { externalId, recordedAt, recordedBytes } of records) {
          this.bytesById.set(externalId, recordedBytes);
          this.#timeById.set(externalId, recordedAt);
        }
      },
    };
  }

  #correction(): Operation {
    const ids = [...this.bytesById.keys()];
    if (ids.length === 0) return this.#records();
    const internalRecordId = ids[next(ids.length)];
    const recordedBytes = 1 + next(1000);
    const recordedAt = this.#timeById.get(internalRecordId);
    const body = JSON.stringify({ recordedAt, internalRecordId, recordedBytes });
    return {
      send: (program) => program.put(`/api/data-records/${this.agreementId}`, body),
      then: () => this.bytesById.set(internalRecordId, recordedBytes),
    };
  }
}

interface Row {
  readonly key: { readonly internalRecordId: string };
  readonly recordedBytes: number;
}

test(`what was acknowledged is there after kill -9, once (seed ${seed})`, async () => {
  const clients = Array.from({ length: writers }, (_, number) => new Writer(number));
  for (let life = 0; life < lives; life++) {
    const program = await OverageProcess.start({ dataDir, env });
    await program.ready();
    const writing = clients.map((client) => client.write(program));
    const enough = Writer.acknowledged + 25 + next(50);
    while (Writer.acknowledged < enough && !program.hasEnded) await sleep(5);
    await sleep(next(50));
    expect((await program.kill()).signal).toBe('SIGKILL');
    await Promise.all(writing);
  }
  const program = await OverageProcess.start({ dataDir, env });
  await program.ready();
  for (const client of clients) expect(await client.finish(program)).toBe(true);
  for (const { agreementId, bytesById } of clients) {
    const rows = await program.get<Row[]>(`/api/data-records/${agreementId}/2020/1`);
    const found = rows?.map(({ key, recordedBytes }) => [key.internalRecordId, recordedBytes]);
    expect(found?.sort()).toEqual([...bytesById].sort());
    expect(bytesById.size).toBeGreaterThan(50);
    const total = [...bytesById.values()].reduce((sum, bytes) => sum + bytes, 0);
    const path = `/api/data-records/${agreementId}/2020/1/explain`;
    expect(await program.get(path)).toMatchObject({ totalRecordedBytes: total });
  }
  await program.stop();
  const verified = spawnSync(process.execPath, [builtMain, 'verify'], {
    env: { PATH: process.env.PATH, DATA_DIR: dataDir },
    encoding: 'utf8',
  });
  expect([verified.status, verified.stdout]).toEqual([
    0,
    expect.stringContaining('as the log says'),
  ]);
}, 300_000);
