import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  comparePositions,
  Fault,
  startOfLog,
  type CommitPoint,
  type Effects,
  type OutMessage,
  type Position,
  type Snapshot,
  type SnapshotStore,
} from '../../src/streaming/index.js';
import { plainRows, type PlainRow } from './plain-rows.js';

/** What happens at a moment where something can go wrong. */
export type Trouble =
  | 'none'
  /** Nothing of it is done, and the caller is told so. */
  | 'refused'
  /** It is done, but the caller is told that it is not. */
  | 'answer lost'
  /** The process ends here: nothing of it is done. */
  | 'crash';

export const troubles = ['none', 'refused', 'answer lost', 'crash'] as const;

/** Ends a run the way a killed process does: memory is gone, what is committed stays. */
export const crashCode = 'CRASHED_BY_TEST';

export const raise = (trouble: Trouble): void => {
  if (trouble === 'refused') throw new Fault('REFUSED_BY_TEST', 'Retry', 'refused by the test');
  if (trouble === 'answer lost')
    throw new Fault('LOST_BY_TEST', 'Retry', 'answer lost by the test');
  if (trouble === 'crash') throw new Fault(crashCode, 'Fatal', 'killed by the test');
};

/** The durable side of a partition, in memory: commits are whole or not there. */
export class MemoryPartition implements CommitPoint, SnapshotStore {
  readonly tables = new Map<string, PlainRow[]>();
  readonly messages: OutMessage[] = [];
  readonly commits: { readonly position: Position; readonly messages: number }[] = [];
  position: Position = startOfLog;
  #inFlight: Promise<void> = Promise.resolve();
  #snapshots: { position: Position; chunks: Uint8Array[] }[] = [];

  /** `next` says what goes wrong at each commit and each snapshot, in turn. */
  constructor(private readonly next: () => Trouble) {}

  /** Waits for the commit that is on its way: after a fence nothing of an earlier owner comes. */
  async fence(): Promise<Position> {
    await this.settled();
    this.#inFlight = Promise.resolve();
    return this.position;
  }

  /** Resolves when no commit is on its way, however it ended. */
  async settled(): Promise<void> {
    await this.#inFlight.catch(() => undefined);
  }

  commit(effects: Effects, position: Position): Promise<void> {
    const atCall = JSON.stringify(effects.rows.map(plainRows));
    // behind a commit that failed all fail, until the next fence
    this.#inFlight = this.#inFlight.then(() => this.#write(effects, position, atCall));
    this.#inFlight.catch(() => undefined);
    return this.#inFlight;
  }

  /**
   * Reads the effects late, as a driver does that writes while the next step runs: a step that
   * uses the buffers of these effects again is found out.
   */
  async #write(effects: Effects, position: Position, atCall: string): Promise<void> {
    const trouble = this.next();
    if (trouble === 'refused' || trouble === 'crash') raise(trouble);
    if (comparePositions(position, this.position) <= 0) {
      throw new Error(`a commit goes back from ${this.position.offset} to ${position.offset}`);
    }
    await nextTurn();
    const rows = effects.rows.map((batch) => [batch.schema.name, plainRows(batch)] as const);
    if (JSON.stringify(rows.map(([, added]) => added)) !== atCall) {
      throw new Error('the effects of a step were changed while they were written');
    }
    for (const [name, added] of rows) this.rows(name).push(...added);
    this.messages.push(...effects.messages);
    this.position = position;
    this.commits.push({ position, messages: effects.messages.length });
    raise(trouble);
  }

  rows(table: string): PlainRow[] {
    let rows = this.tables.get(table);
    if (rows === undefined) this.tables.set(table, (rows = []));
    return rows;
  }

  newestAtOrBelow(position: Position): Promise<Snapshot | undefined> {
    const found = this.#snapshots
      .filter((snapshot) => comparePositions(snapshot.position, position) <= 0)
      .sort((a, b) => comparePositions(b.position, a.position))[0];
    if (found === undefined) return Promise.resolve(undefined);
    const chunks = found.chunks.map((chunk) => chunk.slice());
    return Promise.resolve({
      position: found.position,
      async *chunks() {
        for (const chunk of chunks) yield await Promise.resolve(chunk);
      },
    });
  }

  // The state goes on changing, so the chunks are copies.
  async save(position: Position, chunks: Iterable<Uint8Array>): Promise<void> {
    const copies = Array.from(chunks, (chunk) => chunk.slice());
    const trouble = this.next();
    if (trouble === 'refused' || trouble === 'crash') raise(trouble);
    this.#snapshots.push({ position, chunks: copies });
    await Promise.resolve();
    raise(trouble);
  }

  /** Snapshots are for speed only: a restore without them has to give the same. */
  forgetSnapshots(): void {
    this.#snapshots = [];
  }
}
