import { isNativeError } from 'node:util/types';
import {
  Fault,
  reached,
  startOfLog,
  streamingErrors,
  type AppendedRange,
  type ColumnBatch,
  type CommitPoint,
  type Effects,
  type EventLog,
  type LogEvents,
  type Position,
  type TableSchema,
} from '../../streaming/index.js';
import { columnList, quoted } from './column-kinds.js';
import type { EmbeddedDatabase } from './database.js';
import {
  checkWhole,
  lastMark,
  lastOffset,
  messageRows,
  MessageRows,
  positionRow,
  PositionRows,
  storedMessage,
  type CommitMark,
  type StoredMessage,
} from './log-tables.js';
import { nextTurn } from '../pause.js';
import { readAhead } from './read-ahead.js';
import { storeFault } from './store-fault.js';
import { PendingAppends, type PendingAppend } from './pending-appends.js';

/** Events as they are kept in the store and put together in memory: see `columns`. */
export interface StoredEvents extends LogEvents, ColumnBatch {
  readonly length: number;
  /** Adds all events of another run, with their offsets, behind these. */
  pushAll(others: this): void;
}

/** The class of an application's events, whose first column is `offset`. */
export interface EventsClass<E extends StoredEvents> {
  readonly schema: TableSchema;
  new (events: number | ColumnBatch): E;
}

export interface EmbeddedLogOptions {
  /** Small appends are handed out together up to this many events. */
  readonly batchEvents?: number;
  /** Events a batch when stored ones are read for a replay. */
  readonly storedBatchEvents?: number;
  /** The table of positions is trimmed after so many commits. */
  readonly trimEveryCommits?: number;
  /** Called behind each commit with the first offset that is not durable. */
  readonly onCommitted?: (logEnd: number) => void;
}

/** What the log needs of the database; `transaction` may be wrapped to learn what is committed. */
export type LogDatabase = Pick<
  EmbeddedDatabase,
  'query' | 'own' | 'execute' | 'transaction' | 'onDamage'
>;

/** So many appends at most go into one batch: each adds a level to what looks up an event. */
const MAX_APPENDS_A_BATCH = 1024;

/** What one commit writes; without a position the last one stays. */
interface Write<E extends StoredEvents> {
  readonly seq: number;
  readonly events: readonly E[];
  readonly appends: readonly PendingAppend<E>[];
  readonly effects: Effects;
  readonly position: Position | undefined;
}

const noEffects: Effects = { rows: [], messages: [] };

// Errors of native code may be of another realm (under a test runner), so no plain instanceof.
const asError = (error: unknown): Error =>
  isNativeError(error) || error instanceof Error ? error : new Error(String(error));

const undone = (cause: unknown): Fault =>
  new Fault('APPEND_UNDONE', streamingErrors.APPEND_UNDONE.reaction, 'the append was undone', {
    cause,
  });

/**
 * The log and the commit point of the one partition of the embedded mode. Appended events wait in
 * memory until the task has processed them; then events, the writer's rows, and all effects become
 * durable in one transaction. So an append is either whole and counted, or never was.
 */
export class EmbeddedLog<E extends StoredEvents> implements EventLog<E>, CommitPoint {
  readonly #pending = new PendingAppends<E>();
  readonly #batchEvents: number;
  readonly #storedBatchEvents: number;
  readonly #trimEveryCommits: number;
  readonly #listeners = new Set<() => void>();
  #handed: E[] = [];
  #seq = 0;
  #mark: CommitMark = { seq: 0, position: startOfLog, nextMessageOffset: 0 };
  #logEnd = 0;
  #broken: Error | undefined;
  /** Until the rows of the commit in hand are handed over to the store. */
  #taking: Promise<void> = Promise.resolve();
  #closed = false;
  #failedWith: unknown;
  readonly #wake: (() => void)[] = [];
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly database: LogDatabase,
    private readonly events: EventsClass<E>,
    private readonly options: EmbeddedLogOptions,
  ) {
    this.#batchEvents = options.batchEvents ?? 8192;
    this.#storedBatchEvents = options.storedBatchEvents ?? 65536;
    this.#trimEveryCommits = options.trimEveryCommits ?? 10_000;
    database.onDamage((fault) => {
      this.#broken = fault;
      this.#signal();
    });
  }

  /** The tables a store needs for a log: the log itself, the messages, the position. */
  static tables({ schema }: { readonly schema: TableSchema }): TableSchema[] {
    return [schema, MessageRows.schema, PositionRows.schema];
  }

  /** Trims the table of positions to its last row and reads where the log ends. */
  static async open<E extends StoredEvents>(
    database: LogDatabase,
    events: EventsClass<E>,
    options: EmbeddedLogOptions = {},
  ): Promise<EmbeddedLog<E>> {
    const log = new EmbeddedLog(database, events, options);
    const [{ rows }] = await database.own.query(
      `SELECT count(*) AS rows FROM ${quoted(PositionRows.schema.name)}`,
    );
    if (Number(rows) > 1) await log.#trimPositions();
    await checkWhole(database.own, events.schema);
    await log.fence();
    return log;
  }

  /** How many events wait to be handed to the task. */
  get queuedEvents(): number {
    return this.#pending.queuedEvents;
  }

  /** The first offset that is not durable. */
  get end(): number {
    return this.#logEnd;
  }

  /** The offset the next message gets. */
  get nextMessageOffset(): number {
    return this.#mark.nextMessageOffset;
  }

  /** The events belong to the log until the answer; an append may hold rows and no event. */
  append(events: E, rows: readonly ColumnBatch[] = []): Promise<AppendedRange> {
    if (this.#closed) return Promise.reject(this.#whyClosed());
    const appended = this.#pending.add(events, rows);
    reached('log.appended');
    this.#signal();
    return appended;
  }

  /** Rejects with the fault of a commit that failed, until the next fence. */
  async read(offset: number): Promise<E | undefined> {
    for (;;) {
      await this.#taking; // the disk is kept busy first
      if (this.#broken !== undefined) throw this.#broken;
      if (offset < this.#logEnd) return this.#readStored(offset);
      const taken = this.#pending.take({
        events: this.#batchEvents,
        appends: MAX_APPENDS_A_BATCH,
      });
      if (taken.some(({ events }) => events.length > 0)) return this.#handOut(taken, offset);
      if (taken.length > 0) await this.#writeRowsOnly();
      else if (this.#closed) return undefined;
      else await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  stored(from: number, to: number): AsyncGenerator<E> {
    const end = Math.min(to, this.#logEnd);
    const range = { from, end, atOnce: this.#storedBatchEvents };
    return readAhead(range, (at, until) => this.#select(at, until));
  }

  /** Also waits for the commit that runs; then undoes every append that is not durable. */
  fence(): Promise<Position> {
    return this.#inOrder(async () => {
      const mark = await lastMark(this.database.own);
      const last = await lastOffset(this.database.own, this.events.schema);
      this.#logEnd = Math.max(last + 1, mark.position.offset);
      this.#pending.settle(mark.seq, mark.position.offset);
      if (this.#broken !== undefined || !this.#pending.isClean(mark.seq)) {
        this.#pending.undo(mark.seq, this.#logEnd, undone(this.#broken));
      } else if (this.#pending.queuedEvents === 0) {
        this.#pending.startAt(this.#logEnd);
      }
      this.#handed = [];
      this.#mark = mark;
      this.#seq = mark.seq;
      this.#broken = undefined;
      return mark.position;
    });
  }

  /**
   * One transaction: the events handed out since the last commit, the rows of their writers, the
   * rows and messages of the effects, the position.
   */
  commit(effects: Effects, position: Position): Promise<void> {
    return this.#write(effects, position);
  }

  /** Messages from `from` on in order, at most `limit`. */
  async messages(from: number, limit: number): Promise<StoredMessage[]> {
    const rows = await this.database.query(
      `SELECT ${columnList(MessageRows.schema)} FROM ${quoted(MessageRows.schema.name)}
        WHERE "offset" >= $1 AND "offset" < $2 ORDER BY "offset"`,
      [from, from + limit],
    );
    return rows.map(storedMessage);
  }

  /** The same as columns, in the order they were written in. */
  async messageColumns(from: number, limit: number): Promise<MessageRows> {
    const batch = await this.database.own.queryColumns(
      `SELECT ${columnList(MessageRows.schema)} FROM ${quoted(MessageRows.schema.name)}
        WHERE "offset" >= $1 AND "offset" < $2`,
      [from, from + limit],
      MessageRows.schema,
    );
    return new MessageRows(batch);
  }

  /** Calls the listener after each commit that wrote messages; answers how to stop it. */
  onMessages(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** No more appends; read() answers undefined once the queue is empty. */
  close(): void {
    this.#closed = true;
    this.#signal();
  }

  /**
   * For the end of the task: closes, and rejects what nobody will process any more; with what the
   * task failed with, if it did.
   */
  abandon(failedWith?: unknown): Promise<void> {
    this.#failedWith ??= failedWith;
    this.close();
    return this.#inOrder(async () => {
      const { seq } = this.#mark;
      const why = this.#failedWith === undefined ? undone(this.#broken) : this.#whyClosed();
      this.#pending.undo(seq, this.#logEnd, why);
      // What is left is durable and is processed at the next start: it did happen.
      this.#pending.settle(seq, Infinity);
    });
  }

  #whyClosed(): Fault {
    const cause = this.#failedWith;
    if (cause instanceof Fault && cause.reaction === 'StateCorrupt') return cause;
    const code = cause === undefined ? 'LOG_CLOSED' : 'LOG_FAILED';
    const { reaction, meaning, next } = streamingErrors[code];
    return new Fault(code, reaction, meaning, { cause, next });
  }

  #handOut(taken: readonly PendingAppend<E>[], offset: number): E {
    const [{ firstOffset }] = taken;
    if (firstOffset !== offset) {
      throw new Error(`the task reads from ${offset}, but the log goes on at ${firstOffset}`);
    }
    const runs = taken.map(({ events }) => events).filter(({ length }) => length > 0);
    const events = runs.length === 1 ? runs[0] : this.#merged(runs);
    this.#handed.push(events);
    return events;
  }

  #merged(runs: readonly E[]): E {
    const events = new this.events(runs.reduce((sum, { length }) => sum + length, 0));
    for (const run of runs) events.pushAll(run);
    return events;
  }

  /** Rows without events go with the next commit of the task, or alone when there is none. */
  async #writeRowsOnly(): Promise<void> {
    if (this.#handed.length > 0) return;
    await this.#write(noEffects, undefined);
  }

  #write(effects: Effects, position: Position | undefined): Promise<void> {
    const seq = ++this.#seq;
    const events = this.#handed;
    this.#handed = [];
    const appends = this.#pending.send(seq);
    return this.#inOrder(async () => {
      if (this.#broken !== undefined) throw this.#broken;
      try {
        await this.#transact({ seq, events, appends, effects, position });
      } catch (error) {
        this.#broken = asError(error);
        this.#signal();
        throw error;
      }
      // what it fails with, the next commit meets too
      if (seq % this.#trimEveryCommits === 0) await this.#trimPositions().catch(() => undefined);
      return this.#mark;
    }).then((mark) => this.#durable(mark, effects));
  }

  /** Tells of a commit behind the rows of the next one, so that the disk need not wait for them. */
  async #durable({ seq, position }: CommitMark, { messages }: Effects): Promise<void> {
    await nextTurn();
    await this.#taking;
    this.#pending.settle(seq, position.offset);
    this.options.onCommitted?.(this.#logEnd);
    if (messages.length > 0) for (const tell of this.#listeners) tell();
  }

  async #transact({ seq, events, appends, effects, position }: Write<E>): Promise<void> {
    const before: CommitMark = { ...this.#mark, seq, position: position ?? this.#mark.position };
    const nextMessageOffset = before.nextMessageOffset + effects.messages.length;
    const after: CommitMark = { ...before, nextMessageOffset };
    const rows = [
      ...events,
      ...appends.flatMap(({ rows }) => rows),
      ...effects.rows,
      messageRows(effects.messages, before),
      positionRow(after),
    ];
    await new Promise<void>((done, failed) => {
      this.#taking = new Promise((taken) => {
        this.database.transaction(rows, taken).finally(taken).then(done, failed);
      });
    });
    this.#mark = after;
    this.#logEnd = Math.max(this.#logEnd, appends.at(-1)?.nextOffset ?? 0);
  }

  #trimPositions(): Promise<void> {
    const table = quoted(PositionRows.schema.name);
    return this.database.execute(
      `DELETE FROM ${table} WHERE seq < (SELECT max(seq) FROM ${table})`,
    );
  }

  #readStored(offset: number): Promise<E> {
    return this.#select(offset, Math.min(this.#logEnd, offset + this.#batchEvents));
  }

  /** No ORDER BY: one writer adds the rows in order of offset, and DuckDB reads them in order. */
  async #select(from: number, to: number): Promise<E> {
    const { schema: table } = this.events;
    const batch = await this.database.own.queryColumns(
      `SELECT ${columnList(table)} FROM ${quoted(table.name)}
        WHERE "offset" >= $1 AND "offset" < $2`,
      [from, to],
      table,
    );
    const events = new this.events(batch);
    const { offsets } = events;
    for (let row = 0; row < to - from; row++) {
      if (row < batch.length && offsets[row] === from + row) continue;
      throw storeFault('LOG_EVENTS_MISSING', `event ${from + row} of the log is missing`, {
        facts: { offset: from + row, logEnd: this.#logEnd },
      });
    }
    return events;
  }

  #signal(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#tail.then(work, work);
    this.#tail = mine.catch(() => undefined);
    return mine;
  }
}
