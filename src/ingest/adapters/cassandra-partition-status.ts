import type { CassandraSession } from '../../platform/cassandra/index.js';
import {
  comparePositions,
  type EventClock,
  type Position,
  type TaskState,
} from '../../streaming/index.js';
import type { OpenPeriods, PartitionClock, PartitionStatus } from '../partition-status.js';
import type { Partition, Partitions } from '../partitions.js';

type Row = Readonly<Record<string, unknown>>;

/** An owner that has told nothing for so long is none: killed, stopped, or cut off. */
const ownerForgottenAfterSeconds = 10;

const read =
  'SELECT log_partition, owner, address, state, "offset", cursor, snapshot_offset, snapshot_at, ' +
  'clock, open_periods, earliest_end, agreements, cause, at FROM partition_status ' +
  'WHERE application = ?';
const tell =
  'INSERT INTO partition_status (application, log_partition, "offset", cursor, snapshot_offset, ' +
  'snapshot_at, clock, open_periods, earliest_end, agreements, cause, at) ' +
  'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const tellOwner =
  `UPDATE partition_status USING TTL ${ownerForgottenAfterSeconds} ` +
  'SET owner = ?, address = ?, state = ? WHERE application = ? AND log_partition = ?';

/** What the owner of a partition tells of it, every second. What is left out stays as it was. */
export interface PartitionReport {
  readonly partition: number;
  readonly owner: string;
  /** host:port under which the owner answers other processes; undefined until it listens. */
  readonly address?: string;
  readonly state: TaskState;
  /**
   * What is committed; once all that was read is committed, the offset that is read next: it is
   * behind markers of transactions too, and so shows that nothing is left.
   */
  readonly position?: Position;
  readonly snapshot?: { readonly offset: number; readonly savedAtMs: number };
  /** Of the task's memory: while it runs. */
  readonly memory?: {
    readonly clock: EventClock;
    readonly openPeriods: OpenPeriods;
    /** Agreements of the partition. */
    readonly agreements: number;
  };
  readonly cause?: string;
  readonly atMs: number;
}

/** A process that counts a partition. */
export interface PartitionOwner {
  readonly name: string;
  /** host:port under which it answers other processes. */
  readonly address: string;
}

/** What the log itself knows of its partitions; a partition without a position is left out. */
export interface PartitionOffsets {
  /** Offset of the next event of each partition. */
  ends(): Promise<ReadonlyMap<number, number>>;
  committed(): Promise<ReadonlyMap<number, Position>>;
}

/** Where the status of all partitions of an application is kept. */
export interface PartitionStatusParts {
  readonly session: Pick<CassandraSession, 'query' | 'batch'>;
  readonly application: string;
  readonly partitions: number;
  readonly offsets: PartitionOffsets;
}

/**
 * Table partition_status: each owner writes what it sees of its partitions, every process reads
 * all of them. What it tells may be a second old, and is never needed to count. Who owns a
 * partition is forgotten after some seconds; how far it came is not.
 */
export class CassandraPartitionStatus implements PartitionStatus, Partitions {
  constructor(private readonly parts: PartitionStatusParts) {}

  async report(report: PartitionReport): Promise<void> {
    const { partition, owner, address, state, position, snapshot, cause = '', atMs } = report;
    const { session, application } = this.parts;
    const params = [
      ...[application, partition, position?.offset, position?.cursor],
      ...[snapshot?.offset, snapshot?.savedAtMs],
      ...memoryColumns(report.memory),
      ...[cause, atMs],
    ];
    await session.batch([
      { query: tell, params },
      { query: tellOwner, params: [owner, address, state, application, partition] },
    ]);
  }

  async clocks(): Promise<readonly PartitionClock[] | undefined> {
    const rows = [...(await this.#rows()).values()].filter((row) => isSet(row['clock']));
    if (rows.length < this.parts.partitions) return undefined;
    return rows.map((row) => ({
      clock: JSON.parse(String(row['clock'])) as EventClock,
      openPeriods: () => ({
        count: Number(row['open_periods']),
        earliestEndMs: numberOf(row['earliest_end']),
      }),
    }));
  }

  /** Without the log's own offsets while the log cannot be asked. */
  async list(): Promise<readonly Partition[]> {
    const { offsets, partitions } = this.parts;
    const nothing = (): ReadonlyMap<number, never> => new Map<number, never>();
    const [rows, ends, committed] = await Promise.all([
      this.#rows(),
      offsets.ends().catch(nothing),
      offsets.committed().catch(nothing),
    ]);
    return Array.from({ length: partitions }, (_, partition) =>
      partitionOf(rows.get(partition) ?? {}, {
        partition,
        end: ends.get(partition),
        committed: committed.get(partition),
      }),
    );
  }

  /** Up to where the clocks that are told go, by partition. */
  async told(): Promise<ReadonlyMap<number, Position>> {
    const rows = [...(await this.#rows())];
    return new Map(
      rows.flatMap(([partition, row]) => {
        const position = toldPosition(row);
        return position === undefined ? [] : [[partition, position] as const];
      }),
    );
  }

  /** Who counts each partition now, of those whose task runs and who can be asked. */
  async owners(): Promise<ReadonlyMap<number, PartitionOwner>> {
    const owners = new Map<number, PartitionOwner>();
    for (const [partition, row] of await this.#rows()) {
      const [name, address] = [textOf(row['owner']), textOf(row['address'])];
      const isRunning = row['state'] === 'running';
      if (isRunning && name !== undefined && address !== undefined) {
        owners.set(partition, { name, address });
      }
    }
    return owners;
  }

  /** Agreements of all partitions, as far as their owners have told. */
  async agreements(): Promise<number> {
    const rows = [...(await this.#rows()).values()];
    return rows.reduce((sum, row) => sum + (numberOf(row['agreements']) ?? 0), 0);
  }

  /** By partition; those of an earlier, larger log are left out. */
  async #rows(): Promise<Map<number, Row>> {
    const { session, application, partitions } = this.parts;
    const rows: readonly Row[] = await session.query(read, [application]);
    const known = rows.filter((row) => Number(row['log_partition']) < partitions);
    return new Map(known.map((row) => [Number(row['log_partition']), row]));
  }
}

/** Undefined leaves a column as it is, null empties it. */
const memoryColumns = (memory: PartitionReport['memory']): unknown[] => {
  if (memory === undefined) return [undefined, undefined, undefined, undefined];
  const { clock, openPeriods, agreements } = memory;
  return [JSON.stringify(clock), openPeriods.count, openPeriods.earliestEndMs ?? null, agreements];
};

const isSet = (value: unknown): boolean => value !== null && value !== undefined;

const numberOf = (value: unknown): number | undefined => (isSet(value) ? Number(value) : undefined);

/** No text is kept as an empty one. */
const textOf = (value: unknown): string | undefined =>
  isSet(value) && value !== '' ? String(value) : undefined;

interface LogPlaces {
  readonly partition: number;
  readonly end: number | undefined;
  readonly committed: Position | undefined;
}

const partitionOf = (row: Row, places: LogPlaces): Partition => {
  const told = toldPosition(row);
  const position = places.committed ?? told;
  return {
    partition: places.partition,
    owner: textOf(row['owner']),
    state: (textOf(row['state']) ?? 'unowned') as TaskState,
    position,
    end: places.end,
    lag: lagOf(furthest(places.committed, told), places.end),
    snapshot: snapshotOf(row),
    openPeriods: numberOf(row['open_periods']),
    watermarkMs: watermarkOf(row),
    cause: textOf(row['cause']),
    updatedAtMs: numberOf(row['at']),
  };
};

const toldPosition = (row: Row): Position | undefined => {
  const offset = numberOf(row['offset']);
  return offset === undefined ? undefined : { offset, cursor: numberOf(row['cursor']) ?? 0 };
};

const furthest = (a: Position | undefined, b: Position | undefined): Position | undefined => {
  if (a === undefined || b === undefined) return a ?? b;
  return comparePositions(a, b) < 0 ? b : a;
};

/** Markers of transactions have offsets too: the owner tells when it has read past them. */
const lagOf = (position: Position | undefined, end: number | undefined): number | undefined =>
  end === undefined ? undefined : Math.max(0, end - (position?.offset ?? 0));

const snapshotOf = (row: Row): Partition['snapshot'] => {
  const offset = numberOf(row['snapshot_offset']);
  const savedAtMs = numberOf(row['snapshot_at']);
  return offset === undefined || savedAtMs === undefined ? undefined : { offset, savedAtMs };
};

const watermarkOf = (row: Row): number | undefined =>
  isSet(row['clock']) ? (JSON.parse(String(row['clock'])) as EventClock).watermarkMs : undefined;
