import type { PageOf, RecordPages, RecordPlace, RecordRange } from '../../record-pages.js';
import { UsageRecordRows } from '../../domain/tables.js';
import { compareRows } from './record-columns.js';
import { RecordChunk } from './record-chunk.js';
import type { FallingRows } from './record-range.js';
import type { RunBuilder } from './run-builders.js';
import { DamagedRun } from './run-file.js';
import { RunSet, type Run } from './run-set.js';

/** Rows of the table that the index stands for; only what is committed is seen. */
export interface RecordTable {
  /** The first version that no row has. */
  end(): Promise<number>;
  /** How many rows have a version below. */
  count(belowVersion: number): Promise<number>;
  /** Rows with fromVersion <= version < toVersion, in order of version. */
  between(fromVersion: number, toVersion: number): Promise<UsageRecordRows>;
}

export interface RecordIndexOptions {
  readonly directory: string;
  readonly storeId: string;
  readonly table: RecordTable;
  readonly newBuilder: () => RunBuilder;
  /** Waits before building is tried again after it failed, a full disk for instance. */
  readonly pause: () => Promise<void>;
  readonly log: (line: string) => void;
  readonly chunkRows?: number;
  readonly fanOut?: number;
}

/** Measured: see docs/adr/0011. */
const chunkRowsDefault = 131_072;
const fanOutDefault = 10;

/** Chunks that may wait to be built; then whoever adds rows waits, too. */
const sealedMost = 2;
const versionsPerRead = 65_536;

interface Sealed {
  readonly chunk: RecordChunk;
  readonly fromVersion: number;
  readonly toVersion: number;
}

/**
 * Finds rows of a subscriber without reading all rows: the newest in memory, the others in sorted
 * runs on the disk. It is made from the table and can be thrown away at any time; what is not in
 * it for sure is not asked of it (`isUsable`).
 */
export class RecordIndex implements RecordPages {
  readonly #runs: RunSet;
  readonly #chunkRows: number;
  readonly #spare: RecordChunk[] = [];
  #builder: RunBuilder;
  #sealed: Sealed[] = [];
  #open: RecordChunk;
  /** First version of the open chunk, and the first one that is not in the index. */
  #openFrom = 0;
  #end = 0;
  /** The first version above all rows that were added while the index was behind. */
  #seenEnd = 0;
  #isBehind = true;
  #losses = 0;
  #catchingUp: Promise<void> | undefined;
  /** Goes up when all is thrown away: answers to orders from before are not wanted. */
  #generation = 0;
  #building: Promise<void> = Promise.resolve();
  #merging = false;
  #closed = false;

  private constructor(private readonly options: RecordIndexOptions) {
    const { directory, storeId, log } = options;
    const fanOut = options.fanOut ?? fanOutDefault;
    this.#runs = new RunSet({ directory, storeId, fanOut, log });
    this.#chunkRows = options.chunkRows ?? chunkRowsDefault;
    this.#open = new RecordChunk(this.#chunkRows);
    this.#builder = options.newBuilder();
  }

  /** Opens what is on the disk and reads what is missing; rejects with what reading fails with. */
  static async open(options: RecordIndexOptions): Promise<RecordIndex> {
    const index = new RecordIndex(options);
    try {
      await index.#start();
      return index;
    } catch (error) {
      await index.close();
      throw error;
    }
  }

  /** False while it is not known to hold all committed rows: the table has to be read then. */
  get isUsable(): boolean {
    return !this.#isBehind;
  }

  /** Goes up whenever it is no longer known to hold all: what takes several turns compares it. */
  get losses(): number {
    return this.#losses;
  }

  /** Rows that are committed, all of one commit, in order of version. */
  add(rows: UsageRecordRows): void {
    if (rows.length === 0) return;
    const end = rows.versions[rows.length - 1] + 1;
    if (this.#isBehind) {
      this.#seenEnd = Math.max(this.#seenEnd, end);
    } else if (end > this.#end) {
      if (rows.versions[0] < this.#end) return this.doubt();
      this.#put(rows, end);
    }
  }

  /** Resolves when there is room for more rows. */
  async room(): Promise<void> {
    while (this.#sealed.length > sealedMost) await this.#building;
  }

  /** Told when it is not known whether rows were committed: the table is asked. */
  doubt(): void {
    if (this.#isBehind) return;
    this.#noteLoss();
    this.#catchUpLater();
  }

  /** Told of a piece that could not be read: all is made anew from the table. */
  damaged(error: unknown): void {
    if (this.#closed || this.#isBehind) return;
    this.options.log(`index of rows: ${textOf(error)}; it is made anew`);
    this.#runs.clear();
    this.#startAt(0);
    this.#catchUpLater();
  }

  /** Rows of the range behind the place, newest first (falling order of a run), at most `limit`. */
  page(range: RecordRange, { before, limit }: PageOf): UsageRecordRows {
    const found = new UsageRecordRows(limit);
    const open = this.#falling(range, before);
    while (open.length > 0 && found.length < limit) {
      const [greatest] = open;
      found.copyRow(greatest.rows, greatest.at);
      if (greatest.next()) sink(open);
      else open.shift();
    }
    return found;
  }

  /** Calls with every row of the MSISDN and time, in any order. */
  at(msisdn: number, recordedAtMs: number, use: (rows: UsageRecordRows, at: number) => void): void {
    for (const chunk of this.#chunks()) {
      for (const row of chunk.at(msisdn, recordedAtMs)) use(chunk.columns, row);
    }
    const range = { msisdn, startMs: recordedAtMs, endMs: recordedAtMs + 1 };
    for (const { cursor } of this.#runs.runs) {
      for (let more = cursor.seek(range); more; more = cursor.next()) use(cursor.rows, cursor.at);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#noteLoss();
    this.#generation++;
    await this.#builder.close();
    this.#runs.close();
  }

  async #start(): Promise<void> {
    const { table, log } = this.options;
    this.#runs.load();
    const end = await table.end();
    const { end: runsEnd, rows } = this.#runs;
    if (runsEnd > end || rows !== (await table.count(runsEnd))) {
      log('index of rows: it is of another history of the store; it is made anew');
      this.#runs.clear();
    }
    this.#startAt(this.#runs.end);
    await this.#catchUp();
  }

  #falling(range: RecordRange, before: RecordPlace | undefined): FallingRows[] {
    const open: FallingRows[] = [];
    for (const chunk of this.#chunks()) {
      const rows = chunk.falling(range, before);
      if (rows !== undefined) open.push(rows);
    }
    for (const { cursor } of this.#runs.runs) if (cursor.seek(range, before)) open.push(cursor);
    return open.sort((a, b) => compareRows(b, a));
  }

  #chunks(): RecordChunk[] {
    return [...this.#sealed.map(({ chunk }) => chunk), this.#open];
  }

  /** Rows of one commit go into one chunk, so that a run ends where a commit does. */
  #put(rows: UsageRecordRows, end: number): void {
    if (rows.length > this.#open.room) {
      this.#seal();
      if (rows.length > this.#open.room) this.#open = new RecordChunk(rows.length);
    }
    this.#open.columns.pushAll(rows);
    this.#end = end;
  }

  #seal(): void {
    if (this.#open.columns.length === 0) return;
    const sealed = { chunk: this.#open, fromVersion: this.#openFrom, toVersion: this.#end };
    this.#sealed.push(sealed);
    this.#open = this.#spare.pop() ?? new RecordChunk(this.#chunkRows);
    this.#openFrom = this.#end;
    const built = this.#build(sealed, this.#generation);
    this.#building = Promise.all([this.#building, built]).then(() => undefined);
  }

  /** Never rejects. */
  async #build({ chunk, ...versions }: Sealed, generation: number): Promise<void> {
    const path = this.#runs.pathOf({ ...versions, level: 0 });
    try {
      await this.#builder.run({
        ...{ kind: 'build', buffer: chunk.buffer, capacity: chunk.capacity, path },
        ...{ rows: chunk.columns.length, description: this.#description(versions) },
      });
      if (generation !== this.#generation) return;
      this.#runs.add(path);
      this.#sealed = this.#sealed.filter((sealed) => sealed.chunk !== chunk);
      if (chunk.capacity === this.#chunkRows && this.#spare.length === 0) {
        chunk.clear();
        this.#spare.push(chunk);
      }
      void this.#mergeDue(generation);
    } catch (error) {
      this.#buildingFailed(error, generation);
    }
  }

  /** One merge at a time. Never rejects. */
  async #mergeDue(generation: number): Promise<void> {
    const inputs = this.#merging ? undefined : this.#runs.due();
    if (inputs === undefined) return;
    this.#merging = true;
    try {
      const path = await this.#merge(inputs);
      if (generation === this.#generation) this.#runs.replace(inputs, path);
    } catch (error) {
      this.#buildingFailed(error, generation);
    } finally {
      this.#merging = false;
    }
    if (generation === this.#generation) void this.#mergeDue(generation);
  }

  async #merge(inputs: readonly Run[]): Promise<string> {
    const [first] = inputs;
    const versions = {
      fromVersion: first.fromVersion,
      toVersion: inputs[inputs.length - 1].toVersion,
    };
    const path = this.#runs.pathOf({ ...versions, level: first.level + 1 });
    await this.#builder.run({
      ...{ kind: 'merge', inputs: inputs.map(({ file }) => file.path), path },
      description: this.#description(versions),
    });
    return path;
  }

  #description(versions: { fromVersion: number; toVersion: number }) {
    return { storeId: this.options.storeId, ...versions };
  }

  /** Chunks that cannot be built would fill the memory: the table is read until it works again. */
  #buildingFailed(error: unknown, generation: number): void {
    if (this.#closed || generation !== this.#generation) return;
    if (error instanceof DamagedRun) return this.damaged(error);
    const why = textOf(error);
    this.options.log(`index of rows: a part could not be written, reading is slow now: ${why}`);
    this.#startAt(this.#runs.end);
    this.#catchUpLater(() => this.#newBuilderAfterPause());
  }

  async #newBuilderAfterPause(): Promise<void> {
    await this.#builder.close();
    await this.options.pause();
    if (!this.#closed) this.#builder = this.options.newBuilder();
  }

  /** Forgets what is in memory: the index holds the runs only, and is behind. */
  #startAt(version: number): void {
    this.#generation++;
    this.#noteLoss();
    this.#sealed = [];
    this.#open = new RecordChunk(this.#chunkRows);
    this.#openFrom = version;
    this.#end = version;
    this.#building = Promise.resolve();
    this.#merging = false;
  }

  #noteLoss(): void {
    this.#isBehind = true;
    this.#losses++;
  }

  #catchUpLater(before: () => Promise<void> = () => Promise.resolve()): void {
    const earlier = this.#catchingUp ?? Promise.resolve();
    this.#catchingUp = earlier
      .then(before)
      .then(() => this.#catchUp())
      .catch(async (error: unknown) => {
        if (this.#closed) return;
        const why = textOf(error);
        this.options.log(`index of rows: the store could not be read, it is tried again: ${why}`);
        await this.options.pause();
        if (!this.#closed) this.#catchUpLater();
      });
  }

  /** Reads what is committed and not in the index, until nothing was committed meanwhile. */
  async #catchUp(): Promise<void> {
    const { table, log } = this.options;
    const generation = this.#generation;
    let end = await table.end();
    const missing = end - this.#end;
    if (missing > 10 * this.#chunkRows) log(`index of rows: it is made for ${missing} events`);
    while (generation === this.#generation && !this.#closed) {
      if (this.#end < end) {
        const to = Math.min(end, this.#end + versionsPerRead);
        const rows = await table.between(this.#end, to);
        if (generation !== this.#generation || this.#closed) return;
        if (rows.length > 0) this.#put(rows, to);
        this.#end = to;
        await this.room();
      } else if (this.#seenEnd > this.#end) {
        end = await table.end();
      } else {
        this.#isBehind = false;
        return;
      }
    }
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Moves the first one to its place among those behind it, which are in falling order. */
const sink = (open: FallingRows[]): void => {
  const moved = open[0];
  let at = 0;
  while (at + 1 < open.length && compareRows(moved, open[at + 1]) < 0) {
    open[at] = open[at + 1];
    at++;
  }
  open[at] = moved;
};
