import type { ReplayedBatch } from '../replay.js';
import type { PartitionEnds } from './partition-ends.js';
import type { Progress } from './progress.js';
import { RowHash } from './row-hash.js';
import { differenceText, rowDifferences } from './row-texts.js';
import type { Servers } from './servers.js';
import { bucketOf, type SmallRow, type SmallTable } from './small-tables.js';
import { differentPlaces, placesToName, Sums } from './sums.js';

/** What a check of a table needs. */
export interface SmallTableCheckParts {
  readonly servers: Servers;
  readonly ends: PartitionEnds;
  readonly progress: Progress;
  readonly differs: (line: string) => void;
}

/** The rows of one table, of all partitions, compared with those that the log gives. */
export class SmallTableCheck {
  readonly #given = new Sums();
  readonly #stored = new Sums();
  readonly #hash = new RowHash();
  readonly #rowsToName: SmallRow[] = [];
  #toName: ReadonlySet<number> | undefined;

  constructor(
    readonly table: SmallTable,
    private readonly parts: SmallTableCheckParts,
  ) {}

  get rows(): number {
    return this.#given.count;
  }

  /** What the replay of a partition gives: first to be summed, and when asked again to be named. */
  take(batch: ReplayedBatch, partition: number): void {
    for (const row of this.table.given(batch, partition)) {
      if (this.#toName === undefined) this.#add(this.#given, row);
      else if (this.#toName.has(bucketOf(row))) this.#rowsToName.push(row);
    }
  }

  /** Reads the whole table and sums it. */
  async scan(): Promise<void> {
    const { ends, differs, progress } = this.parts;
    const { name } = this.table;
    for await (const row of this.#read()) {
      await ends.cover(row.partition, row.version);
      const standing = ends.standing(row.partition, row.version);
      if (standing === 'done') this.#add(this.#stored, row);
      else if (standing === 'under way') ends.underWay[row.partition]++;
      else differs(differenceText(name, { kind: 'unknown', row }));
      progress.at(() => `table ${name}: ${this.#stored.count} rows read`);
    }
  }

  /** Whether the replays have to be given again, so that differences get their names. */
  prepareNaming(): boolean {
    const different = differentPlaces(this.#given, this.#stored);
    if (different.length === 0) return false;
    const { named, more } = placesToName(different, [this.#given, this.#stored]);
    if (more > 0) this.parts.differs(`${this.table.name}: rows of ${more} more buckets differ`);
    this.#toName = named;
    return true;
  }

  /** Names the rows that differ, once the replays were given again. */
  async name(): Promise<void> {
    const { ends, differs } = this.parts;
    const stored: SmallRow[] = [];
    for await (const row of this.#read()) {
      if (!this.#toName?.has(bucketOf(row))) continue;
      if (ends.standing(row.partition, row.version) === 'done') stored.push(row);
    }
    for (const difference of rowDifferences(this.#rowsToName, stored)) {
      differs(differenceText(this.table.name, difference));
    }
  }

  #add(sums: Sums, row: SmallRow): void {
    sums.add(bucketOf(row), this.#hash.start().text(row.identity).text(row.content));
  }

  async *#read(): AsyncGenerator<SmallRow> {
    for await (const page of this.parts.servers.session.pages(this.table.cql)) {
      for (const row of page) yield this.table.read(row);
    }
  }
}
