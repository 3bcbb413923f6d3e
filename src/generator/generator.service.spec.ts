import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderCdrDrop } from './adapters/folder-cdr-drop.js';
import type { CdrFileToDrop } from './cdr-drop.js';
import { GeneratorService } from './generator.service.js';

const now = Date.parse('2026-11-26T12:00:00Z');

interface Made {
  agreements: number;
  readonly recordedAtMs: number[];
  readonly lines: string[];
}

const opened = (options: { nowMs?: number; onRecord?: () => void } = {}) => {
  const { nowMs = now, onRecord = () => undefined } = options;
  const made: Made = { agreements: 0, recordedAtMs: [], lines: [] };
  const service = new GeneratorService(
    {
      add: async (agreements) => {
        made.agreements += agreements.length;
        return new Map();
      },
    },
    {
      drop: async (file: CdrFileToDrop) => {
        for (const chunk of file.chunks()) made.lines.push(...String(chunk).trim().split('\n'));
      },
    },
    {
      write: async (records) => {
        for (const { recordedAtMs } of records) {
          made.recordedAtMs.push(recordedAtMs);
          onRecord();
        }
      },
    },
    () => nowMs,
  );
  return { service, made };
};

const timeOf = (line: string): number => Date.parse(line.split(';')[1].replace(/\[.*$/, ''));

describe('demo data', () => {
  it('makes no record of the future, and says where it stopped', async () => {
    const { service, made } = opened();
    const answer = await service.cdrFile({ batchSize: 2, months: 120 });
    expect(answer).toContain('Stopped at 2026-11-26T12:00:00.000Z');
    const times = made.lines.map(timeOf);
    expect(Math.max(...times)).toBeLessThanOrEqual(now);
    expect(Math.max(...times)).toBeGreaterThan(now - 2 * 86_400_000);
    expect(answer).toMatch(new RegExp(`^Generated ${made.lines.length} data records in `));
    await expect(service.cdrFile({ batchSize: 1, months: 1 })).rejects.toMatchObject({
      code: 'GENERATE_UP_TO_NOW',
    });
    const direct = await service.direct({ batchSize: 1, months: 120 });
    expect(direct).toContain('Stopped at 2026-11-26T12:00:00.000Z');
    expect(Math.max(...made.recordedAtMs)).toBeLessThanOrEqual(now);
    await expect(service.direct({ batchSize: 1, months: 1 })).rejects.toMatchObject({
      code: 'GENERATE_UP_TO_NOW',
    });
  });

  it('goes on where it stopped, once time has gone on', async () => {
    const clock = { nowMs: Date.parse('2020-01-20T12:00:00Z') };
    const made: string[] = [];
    const service = new GeneratorService(
      { add: async () => new Map() },
      {
        drop: async ({ chunks }) => {
          for (const chunk of chunks()) made.push(...String(chunk).trim().split('\n'));
        },
      },
      { write: async () => undefined },
      () => clock.nowMs,
    );
    await service.cdrFile({ batchSize: 1, months: 1 });
    clock.nowMs = now;
    await service.cdrFile({ batchSize: 1, months: 1 });
    const times = made.map(timeOf);
    times.slice(1).forEach((time, at) => expect(time - times[at]).toBe(86_400_000));
  });

  it('says nothing about stopping where nothing was left out', async () => {
    const { service } = opened();
    expect(await service.cdrFile({ batchSize: 1, months: 1 })).not.toContain('Stopped');
    expect(await service.direct({ batchSize: 1, months: 1 })).not.toContain('Stopped');
  });

  it('stops with its caller, and the next call makes the same again', async () => {
    const gone = new AbortController();
    let left = 40;
    const { service, made } = opened({
      onRecord: () => --left === 0 && gone.abort(new Error('gone')),
    });
    await expect(service.direct({ batchSize: 5, months: 3 }, gone.signal)).rejects.toThrow('gone');
    expect(made.recordedAtMs).toHaveLength(40);
    const answer = await service.direct({ batchSize: 5, months: 3 });
    expect(made.recordedAtMs.slice(40, 80)).toEqual(made.recordedAtMs.slice(0, 40));
    expect(answer).toMatch(/^Generated 455 data records/);
    await expect(service.agreements({ batchSize: 5, months: 1 }, gone.signal)).rejects.toThrow();
    await expect(service.cdrFile({ batchSize: 5, months: 1 }, gone.signal)).rejects.toThrow();
  });
});

describe('a folder that files are dropped into', () => {
  const folder = mkdtempSync(join(tmpdir(), 'overage-drop-'));
  const drop = new FolderCdrDrop(folder);
  const never = new AbortController().signal;
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = { name: 'a.csv', temporaryName: 'tmp_a', bytes: 10 };

  it('is left as it was when the caller goes away', async () => {
    const gone = new AbortController();
    const chunks = function* (): Generator<Buffer> {
      yield Buffer.from('one');
      gone.abort(new Error('gone'));
      yield Buffer.from('two');
    };
    await expect(drop.drop({ ...file, chunks }, gone.signal)).rejects.toThrow('gone');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not filled up', async () => {
    const chunks = (): Buffer[] => [Buffer.from('x')];
    await expect(drop.drop({ ...file, bytes: 2 ** 52, chunks }, never)).rejects.toMatchObject({
      code: 'GENERATE_DISK_FULL',
      reaction: 'Retry',
    });
    await drop.drop({ ...file, chunks }, never);
    expect(readdirSync(folder)).toEqual(['a.csv']);
  });
});
