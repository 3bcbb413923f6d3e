import { createHash } from 'node:crypto';
import { types } from 'cassandra-driver';
import {
  comparePositions,
  Fault,
  streamingErrors,
  type Position,
  type Snapshot,
  type SnapshotStore,
} from '../../streaming/index.js';
import type { CassandraSession } from './cassandra-session.js';
import { cassandraErrors } from './errors.js';
import { inParallel } from './in-parallel.js';

export interface CassandraSnapshotOptions {
  readonly session: Pick<CassandraSession, 'query'>;
  readonly application: string;
  /** Of the state's bytes; a snapshot of another one is not used. */
  readonly stateFormat: number;
  /** Partition of the log. */
  readonly partition: number;
  /**
   * Up to where the partition is committed by now; asked when a snapshot lies above the position.
   * Without it such a snapshot is passed over: right for one who only looks.
   */
  readonly committed?: () => Promise<Position>;
  readonly pauseMs: (ms: number) => Promise<void>;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** Two: the second is for the case that the newest turns out damaged. */
const kept = 2;
const chunkBytes = 512 * 1024;
const chunksInFlight = 8;

/** The offset of a commit is to be seen when its marker is written, which is behind its answer. */
const markerWithinMs = 10_000;
const askAgainMs = 500;

const heads =
  'SELECT "offset", cursor, snapshot_id, format, chunks, bytes, sha256, saved_at FROM snapshot ' +
  'WHERE application = ? AND log_partition = ?';
const addHead =
  'INSERT INTO snapshot (application, log_partition, "offset", cursor, snapshot_id, format, ' +
  'chunks, bytes, sha256, saved_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const removeHead =
  'DELETE FROM snapshot WHERE application = ? AND log_partition = ? AND "offset" = ? ' +
  'AND cursor = ? AND snapshot_id = ?';
const addChunk = 'INSERT INTO snapshot_chunk (snapshot_id, chunk_no, bytes) VALUES (?, ?, ?)';
const readChunk = 'SELECT bytes FROM snapshot_chunk WHERE snapshot_id = ? AND chunk_no = ?';
const removeChunk = 'DELETE FROM snapshot_chunk WHERE snapshot_id = ? AND chunk_no = ?';

interface Head {
  readonly id: types.Uuid;
  readonly position: Position;
  readonly format: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly savedAtMs: number;
}

/** Each chunk of a state, cut to a size a row bears, behind its length: so they come back whole. */
function* framed(chunks: Iterable<Uint8Array>): Generator<Buffer> {
  for (const chunk of chunks) {
    for (let at = 0; at === 0 || at < chunk.length; at += chunkBytes) {
      const part = chunk.subarray(at, at + chunkBytes);
      const isLast = at + chunkBytes >= chunk.length;
      yield Buffer.concat([Buffer.of(isLast ? 1 : 0), part]);
    }
  }
}

/**
 * Snapshots of one partition. The chunks are written first, under an id of their own; the row that
 * names them makes the snapshot. Those of an owner that lost the partition do no harm: equal
 * positions have equal states.
 */
export class CassandraSnapshotStore implements SnapshotStore {
  #newest: { readonly offset: number; readonly savedAtMs: number } | undefined;

  constructor(private readonly options: CassandraSnapshotOptions) {}

  /** Offset and time of the newest one that was saved or restored here. */
  get newest(): { readonly offset: number; readonly savedAtMs: number } | undefined {
    return this.#newest;
  }

  /**
   * The newest one that is whole; a damaged one is passed over and told. The chunks are kept from
   * the check for the first reader: reading them twice would be most of a restore.
   *
   * A snapshot is saved behind its commit. So one above the position says that another process has
   * the partition by now (rejects with POSITION_MOVED), or that the committed position was lost:
   * to count on would send messages a second time (rejects with POSITION_LOST).
   */
  async newestAtOrBelow(position: Position): Promise<Snapshot | undefined> {
    const { committed } = this.options;
    for (const head of await this.#heads()) {
      if (comparePositions(head.position, position) > 0) {
        if (committed !== undefined) throw await this.#behind(head.position, position, committed);
        continue;
      }
      const where = `partition ${this.options.partition} at ${head.position.offset}`;
      const read: Buffer[] = [];
      const problem = await this.#problemOf(head, read);
      if (problem === undefined) {
        this.#newest = { offset: head.position.offset, savedAtMs: head.savedAtMs };
        return { position: head.position, chunks: () => joined(this.#chunksFrom(head, read)) };
      }
      this.options.log(`snapshot: ${where} is not used, ${problem}; the one before is tried`);
    }
    return undefined;
  }

  /** A snapshot that cannot be written is told and left out: it only makes a restart faster. */
  async save(position: Position, chunks: Iterable<Uint8Array>): Promise<void> {
    const { application, partition, stateFormat, log, now } = this.options;
    try {
      const id = types.Uuid.random();
      const { count, bytes, sha256 } = await this.#write(id, chunks);
      const savedAtMs = now();
      const { offset, cursor } = position;
      const place = [application, partition, offset, cursor, id];
      const head = [stateFormat, count, bytes, sha256, savedAtMs];
      await this.options.session.query(addHead, [...place, ...head]);
      this.#newest = { offset, savedAtMs };
      await this.#removeOld();
    } catch (error) {
      if (!(error instanceof Fault) || error.reaction === 'Fatal') throw error;
      log(`snapshot: partition ${partition} at ${position.offset} was not saved: ${error.message}`);
    }
  }

  async #behind(
    saved: Position,
    position: Position,
    committed: () => Promise<Position>,
  ): Promise<Fault> {
    const { application, partition, pauseMs } = this.options;
    const facts = { partition, position: position.offset, snapshot: saved.offset };
    for (let waitedMs = 0; waitedMs <= markerWithinMs; waitedMs += askAgainMs) {
      if (waitedMs > 0) await pauseMs(askAgainMs);
      if (comparePositions(saved, await committed()) > 0) continue;
      const { reaction, meaning } = streamingErrors.POSITION_MOVED;
      return new Fault('POSITION_MOVED', reaction, meaning, { facts });
    }
    const { reaction } = streamingErrors.POSITION_LOST;
    const text =
      `partition ${partition} of ${application} is committed up to offset ${position.offset}, ` +
      `but a snapshot was saved at ${saved.offset}: the committed position was lost`;
    return new Fault('POSITION_LOST', reaction, text, { facts });
  }

  async #write(
    id: types.Uuid,
    chunks: Iterable<Uint8Array>,
  ): Promise<{ count: number; bytes: number; sha256: string }> {
    const hash = createHash('sha256');
    const inFlight = new Set<Promise<unknown>>();
    let count = 0;
    let bytes = 0;
    for (const chunk of framed(chunks)) {
      hash.update(chunk);
      bytes += chunk.length;
      const written = this.options.session.query(addChunk, [id, count++, chunk]);
      const done = written.finally(() => inFlight.delete(done));
      done.catch(() => undefined); // thrown where it is waited for
      inFlight.add(done);
      if (inFlight.size >= chunksInFlight) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
    return { count, bytes, sha256: hash.digest('hex') };
  }

  /** Reads it once to its end: what a restore begins with has to be whole. */
  async #problemOf(head: Head, into: Buffer[]): Promise<string | undefined> {
    if (head.format !== this.options.stateFormat) return 'it is of another version of the program';
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of this.#chunks(head)) {
        hash.update(chunk);
        bytes += chunk.length;
        into.push(chunk);
      }
    } catch (error) {
      if (error instanceof Fault && error.code === 'CASSANDRA_SNAPSHOT_DAMAGED') {
        return error.message;
      }
      throw error;
    }
    const isWhole = bytes === head.bytes && hash.digest('hex') === head.sha256;
    return isWhole ? undefined : 'its bytes are not those that were saved';
  }

  /** The chunks that are kept, each let go when it is taken; read again once they were taken. */
  async *#chunksFrom(head: Head, read: Buffer[]): AsyncGenerator<Buffer> {
    if (read.length < head.chunks) return yield* this.#chunks(head);
    read.reverse();
    while (read.length > 0) yield read.pop() as Buffer;
  }

  /** A few chunks ahead of the one that is worked on. */
  async *#chunks({ id, chunks }: Head): AsyncGenerator<Buffer> {
    const ahead: Promise<Buffer>[] = [];
    for (let number = 0; number < chunks; number++) {
      while (ahead.length < chunksInFlight && number + ahead.length < chunks) {
        const coming = this.#chunk(id, number + ahead.length);
        coming.catch(() => undefined); // thrown where it is waited for
        ahead.push(coming);
      }
      yield await (ahead.shift() as Promise<Buffer>);
    }
  }

  async #chunk(id: types.Uuid, number: number): Promise<Buffer> {
    const [row] = await this.options.session.query(readChunk, [id, number]);
    if (row !== undefined) return row['bytes'] as Buffer;
    const { reaction } = cassandraErrors.CASSANDRA_SNAPSHOT_DAMAGED;
    throw new Fault('CASSANDRA_SNAPSHOT_DAMAGED', reaction, `chunk ${number} is missing`);
  }

  /** Newest first. */
  async #heads(): Promise<Head[]> {
    const { session, application, partition } = this.options;
    const rows = await session.query(heads, [application, partition]);
    const found = rows.map((row) => ({
      id: row['snapshot_id'] as types.Uuid,
      position: { offset: Number(row['offset']), cursor: Number(row['cursor']) },
      format: Number(row['format']),
      chunks: Number(row['chunks']),
      bytes: Number(row['bytes']),
      sha256: String(row['sha256']),
      savedAtMs: Number(row['saved_at']),
    }));
    // Of two at one position the later one: the table has them in the order of their ids.
    return found.sort(
      (a, b) => comparePositions(b.position, a.position) || b.savedAtMs - a.savedAtMs,
    );
  }

  async #removeOld(): Promise<void> {
    for (const head of (await this.#heads()).slice(kept)) await this.#remove(head);
  }

  /** The row that names the chunks first: a snapshot without some of them is never seen. */
  async #remove({ id, position: { offset, cursor }, chunks }: Head): Promise<void> {
    const { session, application, partition } = this.options;
    await session.query(removeHead, [application, partition, offset, cursor, id]);
    const numbers = Array.from({ length: chunks }, (_, number) => number);
    await inParallel(numbers, chunksInFlight, (number) => session.query(removeChunk, [id, number]));
  }
}

/** The chunks of the state as they were given. */
async function* joined(frames: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let parts: Buffer[] = [];
  for await (const frame of frames) {
    parts.push(frame.subarray(1));
    if (frame[0] === 0) continue;
    yield parts.length === 1 ? parts[0] : Buffer.concat(parts);
    parts = [];
  }
}
