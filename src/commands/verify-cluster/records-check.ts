import type { DataRecordRows } from '../../ingest/index.js';
import { inParallel } from '../../platform/cassandra/index.js';
import type { ReplayedBatch } from '../replay.js';
import { NewestVersions, usageRecordPlaces, usageRecordsOfPlace } from '../usage-record-rows.js';
import type { DataRecordCheck } from './data-record-check.js';
import type { PartitionEnds } from './partition-ends.js';
import type { Progress } from './progress.js';
import {
  hashRow,
  namedRecord,
  placeOf,
  placeOfRow,
  placeText,
  recordRowsIn,
  shardAndDayOf,
} from './record-rows.js';
import { RowHash } from './row-hash.js';
import { differenceText, rowDifferences, type NamedRow } from './row-texts.js';
import type { Servers } from './servers.js';
import { differentPlaces, placesToName, Sums } from './sums.js';
import type { WindowTotals } from './window-totals.js';

/** Pages of so many places are on their way or worked on at once. */
const placesAtOnce = 4;

/** What checks of the rows of one partition need. */
export interface RecordsCheckParts {
  readonly servers: Servers;
  readonly partition: number;
  readonly ends: PartitionEnds;
  readonly progress: Progress;
  readonly differs: (line: string) => void;
  /** What else is given the newest version of each record; only when the table is written. */
  readonly dataRecords?: DataRecordCheck;
}

/** By partition of the log, the shards and days that have rows. */
export const recordPlaces = async ({ session, settings }: Servers): Promise<number[][]> => {
  const { partitions } = settings;
  const byPartition = Array.from({ length: partitions }, (): number[] => []);
  for await (const places of usageRecordPlaces(session)) {
    for (const { shard, day } of places) {
      byPartition[((shard % partitions) + partitions) % partitions].push(placeOf(shard, day));
    }
  }
  return byPartition;
};

/** The rows of table usage_record of one partition, compared with those that the log gives. */
export class RecordsCheck {
  readonly #given = new Sums();
  readonly #stored = new Sums();
  readonly #hash = new RowHash();
  /** Rows that the log gives, of the places that differ; undefined before those are known. */
  #toName: ReadonlyMap<number, NamedRow[]> | undefined;

  constructor(private readonly parts: RecordsCheckParts) {}

  /** Rows that the log gives. */
  get rows(): number {
    return this.#given.count;
  }

  /** What the replay gives: first to be summed, and when it is given again to be named. */
  take({ rows: batches }: ReplayedBatch): void {
    const { shards } = this.parts.servers.settings;
    for (const rows of recordRowsIn(batches)) {
      for (let row = 0; row < rows.length; row++) {
        const place = placeOfRow(rows, row, shards);
        if (this.#toName !== undefined) this.#toName.get(place)?.push(namedRecord(rows, row));
        else this.#given.add(place, hashRow(this.#hash, rows, row));
      }
    }
  }

  /** Reads all rows, sums them, and adds those in force to the totals. */
  async scan(stored: readonly number[], totals: WindowTotals): Promise<void> {
    const all = [...new Set([...stored, ...this.#given.places()])].sort((a, b) => a - b);
    const { progress, partition } = this.parts;
    let done = 0;
    await inParallel(all, placesAtOnce, async (place) => {
      await this.#scan(place, totals);
      done++;
      progress.at(
        () =>
          `partition ${partition}: rows of ${done} of ${all.length} shards and days read, ` +
          `${this.#stored.count} rows`,
      );
    });
  }

  /** Whether the replay has to be given again, so that differences get their names. */
  prepareNaming(): boolean {
    const different = differentPlaces(this.#given, this.#stored);
    if (different.length === 0) return false;
    const { named, more } = placesToName(different, [this.#given, this.#stored]);
    this.#toName = new Map([...named].map((place) => [place, []]));
    if (more > 0) {
      const rest = different.slice(-more);
      const where = `${placeText(rest[0])} to ${placeText(rest[rest.length - 1])}`;
      this.parts.differs(`usage_record: ${more} more shards and days differ, ${where}`);
    }
    return true;
  }

  /** Names the rows that differ, once the replay was given again. */
  async name(): Promise<void> {
    for (const [place, given] of this.#toName ?? []) {
      const stored: NamedRow[] = [];
      for await (const rows of this.#pages(place)) {
        for (let row = 0; row < rows.length; row++) {
          if (this.#isDone(rows, row)) stored.push(namedRecord(rows, row));
        }
      }
      for (const difference of rowDifferences(given, stored)) {
        const where = difference.kind === 'missing' ? '' : ` (${placeText(place)})`;
        this.parts.differs(differenceText('usage_record', difference) + where);
      }
    }
  }

  async #scan(place: number, totals: WindowTotals): Promise<void> {
    const { ends, partition } = this.parts;
    const newest = new NewestVersions();
    for await (const rows of this.#pages(place)) {
      for (let row = 0; row < rows.length; row++) {
        await ends.cover(partition, rows.versions[row]);
        if (this.#isDone(rows, row)) {
          this.#stored.add(place, hashRow(this.#hash, rows, row));
          if (newest.isNewest(rows, row)) this.#addNewest(totals, rows, row);
        } else this.#tellUndone(rows, row);
      }
    }
  }

  #addNewest(...[totals, rows, row]: [WindowTotals, DataRecordRows, number]): void {
    const period = totals.add(rows, row);
    if (period !== undefined) this.parts.dataRecords?.add(rows, row, period);
  }

  #isDone(rows: DataRecordRows, row: number): boolean {
    const { ends, partition } = this.parts;
    return ends.standing(partition, rows.versions[row]) === 'done';
  }

  #tellUndone(rows: DataRecordRows, row: number): void {
    const { ends, partition, differs } = this.parts;
    if (ends.standing(partition, rows.versions[row]) === 'under way') ends.underWay[partition]++;
    else differs(differenceText('usage_record', { kind: 'unknown', row: namedRecord(rows, row) }));
  }

  #pages(place: number): AsyncGenerator<DataRecordRows> {
    return usageRecordsOfPlace(this.parts.servers.session, shardAndDayOf(place));
  }
}
