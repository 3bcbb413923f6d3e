import { usageApplication } from '../billing-window/index.js';
import { DeadLetterRows, ImportFileCountRows, UsageEvents } from '../ingest/index.js';
import { ImportFileRows, ImportProgressRows } from '../import/index.js';
import { PositionRows, type EmbeddedDatabase } from '../platform/embedded/index.js';
import { nextTurn, pauseFor } from '../platform/pause.js';
import { PartitionTask, type ColumnBatch, type TableSchema } from '../streaming/index.js';
import { readableRows, unlessDamaged } from './damaged-store.js';
import type { OpenedStore } from '../wiring/embedded/embedded-wiring.js';

/** Offsets from `from` up to, not including, `to`. */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

/** What was found in a damaged log, and what of it was counted again. */
export interface LogSalvage {
  readonly kept: number;
  /** Rows of the damaged log: with what is there twice and what cannot be read. */
  readonly rows: number;
  readonly missing: readonly OffsetRange[];
}

const eventsARead = 32_768;
const leastARead = 2048;

const namesOf = (table: TableSchema): string =>
  table.columns.map(({ name }) => `"${name}"`).join(', ');

/** The log of a damaged store, as far as it can be read: each event once, in the order it has. */
class DamagedLog {
  readonly missing: OffsetRange[] = [];
  read = 0;
  #next = 0;

  constructor(private readonly source: EmbeddedDatabase) {}

  async *events(end: number): AsyncGenerator<UsageEvents> {
    for (let from = 0; from < end; from += eventsARead) {
      yield* this.#range({ from, to: Math.min(end, from + eventsARead) });
    }
    this.#note(end, end);
  }

  /** A block that cannot be read takes what lies in it along, not the whole range. */
  async *#range({ from, to }: OffsetRange): AsyncGenerator<UsageEvents> {
    const batch = await unlessDamaged(this.#select(from, to));
    if (batch === undefined && to - from <= leastARead) return;
    if (batch === undefined) {
      const middle = from + Math.ceil((to - from) / 2);
      yield* this.#range({ from, to: middle });
      yield* this.#range({ from: middle, to });
      return;
    }
    const events = new UsageEvents(batch);
    for (const offset of events.offsets.subarray(0, events.length)) this.#note(offset, offset + 1);
    this.read += events.length;
    if (events.length > 0) yield events;
  }

  #select(from: number, to: number): Promise<ColumnBatch> {
    const { schema: table } = UsageEvents;
    return this.source.queryColumns(
      `SELECT DISTINCT ${namesOf(table)} FROM "${table.name}"
        WHERE "offset" >= $1 AND "offset" < $2 ORDER BY "offset", file_id, line_no`,
      [from, to],
      table,
    );
  }

  #note(offset: number, next: number): void {
    if (offset > this.#next) this.missing.push({ from: this.#next, to: offset });
    this.#next = Math.max(this.#next, next);
  }
}

const endOf = async (source: EmbeddedDatabase): Promise<{ end: number; rows: number }> => {
  const [{ rows }] = await source.query('SELECT count(*) AS rows FROM "log"');
  const log = await readableRows(source, UsageEvents.schema);
  const position = await readableRows(source, PositionRows.schema);
  const [{ last }] = await source.query(`SELECT max("offset") AS last FROM ${log}`);
  const [mark] = await source.query(`SELECT max("offset") AS position FROM ${position}`);
  const end = Math.max(Number(last ?? -1) + 1, Number(mark.position ?? 0));
  return { end, rows: Number(rows) };
};

/** Rows that came with events and that no event gives again: files, and what was refused before. */
const rowsOfDoors: readonly {
  readonly table: TableSchema;
  readonly from: TableSchema;
  readonly sql: (from: string) => string;
}[] = [
  {
    table: ImportFileRows.schema,
    from: ImportFileRows.schema,
    sql: (from) => `SELECT DISTINCT ${namesOf(ImportFileRows.schema)} FROM ${from}`,
  },
  {
    table: ImportProgressRows.schema,
    from: ImportProgressRows.schema,
    sql: (from) => `SELECT ${namesOf(ImportProgressRows.schema)} FROM ${from}
          QUALIFY row_number() OVER (PARTITION BY file_id ORDER BY seq DESC) = 1`,
  },
  {
    table: DeadLetterRows.schema,
    from: DeadLetterRows.schema,
    sql: (from) =>
      `SELECT DISTINCT ${namesOf(DeadLetterRows.schema)} FROM ${from} WHERE "offset" < 0`,
  },
  {
    table: ImportFileCountRows.schema,
    from: DeadLetterRows.schema,
    sql: (from) => `SELECT file_id, 0::INTEGER, 0::INTEGER, 0::INTEGER, 0::INTEGER,
                 count(DISTINCT line_no)::INTEGER
            FROM ${from} WHERE "offset" < 0 AND line_no > 0 GROUP BY file_id`,
  },
];

/**
 * Counts what is left of a damaged log into a new store, as if it came for the first time: events
 * get new offsets without gaps, and rows, totals, messages and books are those of these events.
 */
export const countAgain = async (
  source: EmbeddedDatabase,
  store: OpenedStore,
): Promise<LogSalvage> => {
  const { end, rows } = await endOf(source);
  const damaged = new DamagedLog(source);
  const task = newTask(store);
  const ended = task.run();
  try {
    for (const { table, from, sql } of rowsOfDoors) {
      const batch = await source.queryColumns(sql(await readableRows(source, from)), [], table);
      await store.log.append(new UsageEvents(1), [batch]);
    }
    for await (const events of damaged.events(end)) await store.log.append(events);
  } finally {
    task.stop();
    store.log.close();
    await ended;
    await store.log.abandon();
  }
  const { read: kept, missing } = damaged;
  return { kept, rows, missing };
};

const newTask = ({ log, rows, snapshots }: OpenedStore) =>
  new PartitionTask(usageApplication, {
    ...{ log, rows, snapshots, commitPoint: log },
    snapshotEveryEvents: Number.MAX_SAFE_INTEGER,
    turn: nextTurn,
    pause: () => pauseFor(200),
    onState: (state) => {
      if (state === 'failed') void log.abandon();
    },
  });
