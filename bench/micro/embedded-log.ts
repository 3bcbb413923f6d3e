/**
 * Writes events with one data row each through the embedded log, as a task does: µs an event of
 * append and commit, the slowest commit, and the memory of the process. By hand, after a build:
 *   node dist/bench/micro/embedded-log.js [events] [batch] [memoryMiB] [threads] [checkpointMiB]
 */
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageRecordRows, UsageEvents } from '../../src/ingest/index.js';
import {
  EmbeddedDatabase,
  embeddedDefaults,
  EmbeddedLog,
} from '../../src/platform/embedded/index.js';
import type { ColumnBatch, ColumnValues } from '../../src/streaming/index.js';

const MIB = 1048576;
const argument = (index: number, orElse: number): number =>
  Number(process.argv[2 + index] ?? orElse);
const total = argument(0, 1_000_000);
const batchEvents = argument(1, 8192);
const memoryLimitBytes = argument(2, embeddedDefaults.memoryLimitBytes / MIB) * MIB;
const threads = argument(3, embeddedDefaults.threads);
const checkpointBytes = argument(4, embeddedDefaults.checkpointBytes / MIB) * MIB;

// Small appends are handed out together, so a batch may be larger than one append.
const longest = Math.max(batchEvents, 8192);
const agreementIds = new Uint32Array(longest * 4).fill(7);
const statuses = new Uint8Array(longest);

const rowsOf = (events: UsageEvents): ColumnBatch => {
  const columns: ColumnValues[] = [
    ...[events.keys, events.timestampsMs, events.recordIds, events.offsets, agreementIds],
    ...[events.recordedBytes, statuses, events.fileIds, events.lineNos],
  ];
  return {
    ...{ schema: UsageRecordRows.schema, length: events.length },
    column: (index) => columns[index],
  };
};

const newEvents = (from: number): UsageEvents => {
  const length = Math.min(batchEvents, total - from);
  const events = new UsageEvents(length);
  for (let n = 0; n < length; n++) {
    events.keys[n] = 48_000_000_000 + ((from + n) % 10_000);
    events.timestampsMs[n] = 1_577_836_800_000 + (from + n) * 20;
    events.recordedBytes[n] = ((from + n) * 7919) % 1_073_741_824;
    events.lineNos[n] = from + n;
  }
  randomFillSync(events.recordIds);
  events.length = length;
  return events;
};

const append = async (log: EmbeddedLog<UsageEvents>): Promise<void> => {
  let inFlight: Promise<unknown>[] = [];
  for (let from = 0; from < total; from += batchEvents) {
    inFlight.push(log.append(newEvents(from)));
    if (inFlight.length >= 3) await inFlight.shift();
  }
  await Promise.all(inFlight);
  inFlight = [];
};

const processAll = async (log: EmbeddedLog<UsageEvents>): Promise<number> => {
  let slowestMs = 0;
  let inFlight: Promise<void> = Promise.resolve();
  for (let offset = 0; offset < total;) {
    const events = await log.read(offset);
    if (!events) break;
    offset = events.offsets[events.length - 1] + 1;
    const startedAt = performance.now();
    await inFlight;
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    inFlight = log.commit({ rows: [rowsOf(events)], messages: [] }, { offset, cursor: 0 });
  }
  await inFlight;
  return slowestMs;
};

const replay = async (log: EmbeddedLog<UsageEvents>): Promise<number> => {
  const startedAt = performance.now();
  let events = 0;
  for await (const batch of log.stored(0, total)) events += batch.length;
  if (events !== total) throw new Error(`${events} events of ${total} are stored`);
  return performance.now() - startedAt;
};

const main = async (): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'overage-bench-'));
  const path = join(directory, 'overage.duckdb');
  const database = await EmbeddedDatabase.open({
    path,
    tables: [...EmbeddedLog.tables(UsageEvents), UsageRecordRows.schema],
    log: console.log,
    memoryLimitBytes,
    threads,
    checkpointBytes,
  });
  const log = await EmbeddedLog.open(database, UsageEvents);
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 50);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const [slowestMs] = await Promise.all([processAll(log), append(log)]);
  const elapsedMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  const replayMs = await replay(log);
  clearInterval(timer);
  const lookupAt = performance.now();
  await database.query('SELECT count(*) FROM usage_record WHERE msisdn = $1', [48_000_000_017]);
  const lookupMs = performance.now() - lookupAt;
  await database.close();
  const us = (ms: number): string => ((ms * 1000) / total).toFixed(2);
  console.log(
    [
      `${total} events, ${batchEvents} a batch, memory limit ${memoryLimitBytes / MIB} MiB`,
      `threads ${threads}, checkpoint at ${checkpointBytes / MIB} MiB`,
      `${us(elapsedMs)} µs an event (${Math.round((total / elapsedMs) * 1000)}/s)`,
      `CPU ${us((cpu.user + cpu.system) / 1000)} µs`,
      `longest wait for a commit ${slowestMs.toFixed(0)} ms`,
      `replay ${us(replayMs)} µs an event`,
      `rows of one subscriber ${lookupMs.toFixed(1)} ms`,
      `peak RSS ${Math.round(peakBytes / MIB)} MiB`,
      `file ${Math.round(statSync(path).size / MIB)} MiB`,
    ].join('\n  '),
  );
  rmSync(directory, { recursive: true });
};

await main();
