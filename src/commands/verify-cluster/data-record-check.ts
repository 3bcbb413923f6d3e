import { monthOf, yearOf } from '../../agreements/index.js';
import { isWaiting, type DataRecordRows } from '../../ingest/index.js';
import { inParallel } from '../../platform/cassandra/index.js';
import { parseUuid, uuidText } from '../../values/index.js';
import type { ReplayedBatch } from '../replay.js';
import type { PartitionEnds, Standing } from './partition-ends.js';
import type { Progress } from './progress.js';
import { recordRowsIn } from './record-rows.js';
import { RowHash } from './row-hash.js';
import { differenceText, rowDifferences, type NamedRow } from './row-texts.js';
import type { Servers } from './servers.js';
import { differentPlaces, placesToName, Sums } from './sums.js';

const allRows =
  'SELECT agreement_id, year, month, recorded_at, internal_record_id, recorded_bytes, ' +
  'writetime(recorded_bytes) AS version FROM data_record';
const partitionOfAgreement = 'SELECT log_partition FROM agreement WHERE id = ?';
const asksAtOnce = 16;

/** A row of table data_record; its version is the time of its write. */
interface DataRecord {
  readonly agreementId: Uint32Array;
  /** year × 12 + month − 1 */
  readonly period: number;
  readonly recordedAtMs: number;
  readonly recordId: Uint32Array;
  readonly recordedBytes: number;
  readonly version: number;
}

/** Rows are summed by the first 16 bits of the agreement's id, however many there are. */
const sliceOf = ({ agreementId }: DataRecord): number => agreementId[0] >>> 16;

const rowAs = (rows: DataRecordRows, row: number, period: number): DataRecord => ({
  agreementId: rows.agreementIds.subarray(row * 4, row * 4 + 4),
  period,
  recordedAtMs: rows.recordedAtMs[row],
  recordId: rows.recordIds.subarray(row * 4, row * 4 + 4),
  recordedBytes: rows.recordedBytes[row],
  version: rows.versions[row],
});

const wordsOf = (uuid: unknown): Uint32Array => parseUuid(String(uuid)) as Uint32Array;

/** A row without bytes was written by no program: it has no version either. */
const storedRow = (row: Readonly<Record<string, unknown>>): DataRecord => ({
  agreementId: wordsOf(row['agreement_id']),
  period: Number(row['year']) * 12 + Number(row['month']) - 1,
  recordedAtMs: Number(row['recorded_at']),
  recordId: wordsOf(row['internal_record_id']),
  recordedBytes: Number(row['recorded_bytes'] ?? 0),
  version: Number(row['version'] ?? -1),
});

const named = (row: DataRecord): NamedRow => {
  const { agreementId, period, recordedAtMs, recordId, recordedBytes, version } = row;
  const identity =
    `${uuidText(agreementId)} ${yearOf(period)}-${monthOf(period)} ` +
    `${new Date(recordedAtMs).toISOString()} record ${uuidText(recordId)}`;
  const content = `version ${version}: ${recordedBytes} bytes`;
  return { identity, content, shown: `${identity} ${content}` };
};

export interface DataRecordCheckParts {
  readonly servers: Pick<Servers, 'session'>;
  readonly ends: PartitionEnds;
  readonly progress: Progress;
  readonly differs: (line: string) => void;
}

/**
 * The rows of table data_record, compared with the newest versions in usage_record that count;
 * what differs is named by the log.
 */
export class DataRecordCheck {
  readonly #given = new Sums();
  readonly #stored = new Sums();
  readonly #hash = new RowHash();
  #toName: ReadonlySet<number> | undefined;
  /** What the log gives of the slices to name: the newest version of each record. */
  readonly #newest = new Map<string, { readonly version: number; readonly row: NamedRow }>();

  constructor(private readonly parts: DataRecordCheckParts) {}

  /** Rows that are missing, once they are named. */
  missing = 0;

  /** The newest version of a record that counts, as usage_record has it. */
  add(rows: DataRecordRows, row: number, period: number): void {
    this.#sum(this.#given, rowAs(rows, row, period));
  }

  /** What the replay gives when differences get their names. */
  take({ rows: batches }: ReplayedBatch): void {
    if (this.#toName === undefined) return;
    for (const rows of recordRowsIn(batches)) {
      for (let row = 0; row < rows.length; row++) {
        if (!isWaiting(rows.statuses[row])) this.#keepNewest(rowAs(rows, row, rows.periods[row]));
      }
    }
  }

  /** Reads the whole table and sums it. */
  async scan(): Promise<void> {
    for await (const { row, standing } of this.#read()) {
      if (standing !== 'under way') this.#sum(this.#stored, row);
      this.parts.progress.at(() => `table data_record: ${this.#stored.count} rows read`);
    }
  }

  /** Whether the replays have to be given again, so that differences get their names. */
  prepareNaming(): boolean {
    const different = differentPlaces(this.#given, this.#stored);
    if (different.length === 0) return false;
    const { named: toName, more } = placesToName(different, [this.#given, this.#stored]);
    if (more > 0) this.parts.differs(`data_record: rows of ${more} more slices of ids differ`);
    this.#toName = toName;
    return true;
  }

  /** Names the rows that differ, once the replays were given again. */
  async name(): Promise<void> {
    const stored: NamedRow[] = [];
    for await (const { row, standing } of this.#read()) {
      if (!this.#toName?.has(sliceOf(row))) continue;
      const found = named(row);
      // a newer version, not committed yet, covers what is
      if (standing === 'under way') this.#newest.delete(found.identity);
      else stored.push(found);
    }
    const given = Array.from(this.#newest.values(), ({ row }) => row);
    for (const difference of rowDifferences(given, stored)) {
      if (difference.kind === 'missing') this.missing++;
      this.parts.differs(
        difference.kind === 'unknown'
          ? `data_record: the log does not give the row ${difference.row.shown}`
          : differenceText('data_record', difference),
      );
    }
  }

  #keepNewest(row: DataRecord): void {
    if (!this.#toName?.has(sliceOf(row))) return;
    const { version } = row;
    const given = named(row);
    const known = this.#newest.get(given.identity);
    if (known === undefined || known.version < version) {
      this.#newest.set(given.identity, { version, row: given });
    }
  }

  #sum(sums: Sums, row: DataRecord): void {
    const hash = this.#hash.start().number(row.period).number(row.recordedAtMs);
    for (const word of row.agreementId) hash.word(word);
    for (const word of row.recordId) hash.word(word);
    sums.add(sliceOf(row), hash.number(row.recordedBytes).number(row.version));
  }

  async *#read(): AsyncGenerator<{ row: DataRecord; standing: Standing }> {
    for await (const page of this.parts.servers.session.pages(allRows)) {
      const rows = page.map(storedRow);
      const partitions = await this.#partitionsOf(rows);
      for (const row of rows) {
        const partition = partitions.get(uuidText(row.agreementId));
        yield { row, standing: await this.#standing(row.version, partition) };
      }
    }
  }

  /** Below this version every partition is committed. */
  get #lowestUndone(): number {
    return Math.min(...this.parts.ends.undone);
  }

  /** The partitions of the log that rows are of, where they decide how the rows stand. */
  async #partitionsOf(rows: readonly DataRecord[]): Promise<Map<string, number>> {
    const toAsk = rows.filter(({ version }) => version >= this.#lowestUndone);
    const ids = [...new Set(toAsk.map(({ agreementId }) => uuidText(agreementId)))];
    const { session } = this.parts.servers;
    const found = await inParallel(ids, asksAtOnce, async (id) => {
      const [row] = await session.query(partitionOfAgreement, [id]);
      return row === undefined ? [] : [[id, Number(row['log_partition'])] as const];
    });
    return new Map(found.flat());
  }

  async #standing(version: number, partition: number | undefined): Promise<Standing> {
    const { ends } = this.parts;
    if (version < this.#lowestUndone) return version < 0 ? 'unknown' : 'done';
    // an agreement that is being written just now may not be there: its partition is any
    const maybe = partition === undefined ? ends.undone.map((_, at) => at) : [partition];
    const standings: Standing[] = [];
    for (const each of maybe) {
      await ends.cover(each, version);
      standings.push(ends.standing(each, version));
    }
    if (partition !== undefined) return standings[0];
    return standings.includes('under way') ? 'under way' : 'unknown';
  }
}
