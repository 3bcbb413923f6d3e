import { usageApplication } from '../billing-window/index.js';
import { DeadLetterRows, ImportFileCountRows, UsageEvents } from '../ingest/index.js';
import { ImportFileRows, ImportProgressRows } from '../import/index.js';
import { PositionRows, type EmbeddedDatabase } from '../platform/embedded/index.js';
import { nextTurn, pauseFor } from '../platform/pause.js';
import { PartitionTask, type ColumnBatch, type TableSchema } from '../streaming/index.js';
import { readableRows } from './damaged-store.js';
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

const namesOf = (table: TableSchema): string =>
  table.columns.map(({ name }) => `"${name}"`).join(', ');

/** The log of a damaged store, as far as it can be read: each event once, in the order it has. */
class DamagedLog {
  readonly missing: OffsetRange[] = [];
  read = 0;
  #next = 0;

  /** `from`: what to select the rows from that can be read. */
  constructor(
    private readonly source: EmbeddedDatabase,
    private readonly from: string,
  ) {}

  async *events(end: number): AsyncGenerator<UsageEvents> {
    for (let from = 0; from < end; from += eventsARead) {
      const events = new UsageEvents(await this.#select(from, Math.min(end, from + eventsARead)));
      const offsets = events.offsets.subarray(0, events.length);
      for (const offset of offsets) this.#note(offset, offset + 1);
      this.read += events.length;
      if (events.length > 0) yield events;
    }
    this.#note(end, end);
  }

  #select(from: number, to: number): Promise<ColumnBatch> {
    const { schema: table } = UsageEvents;
    return this.source.queryColumns(
      `SELECT DISTINCT ${namesOf(table)} FROM ${this.from}
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

/** Where the log ended; `log`: its rows that can be read. */
const endOf = async (source: EmbeddedDatabase, log: string): Promise<number> => {
  const position = await readableRows(source, PositionRows.schema);
  const [{ last }] = await source.query(`SELECT max("offset") AS last FROM ${log}`);
  const [mark] = await source.query(`SELECT max("offset") AS position FROM ${position}`);
  return Math.max(Number(last ?? -1) + 1, Number(mark.position ?? 0));
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
  const [{ rows }] = await source.query('SELECT count(*) AS rows FROM "log"');
  const log = await readableRows(source, UsageEvents.schema);
  const end = await endOf(source, log);
  const damaged = new DamagedLog(source, log);
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
  return { kept, rows: Number(rows), missing };
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
