import { hostname } from 'node:os';
import type { UsageState, WindowTable } from '../../billing-window/index.js';
import type { OpenPeriods } from '../../ingest/index.js';
import type { PartitionReport } from '../../ingest/adapters/cassandra-partition-status.js';
import type { Clock } from '../../platform/http/clock.js';
import type { Position, TaskState } from '../../streaming/index.js';
import { openPeriodsOf } from '../task-status.js';

const manyWindows = 20_000;
const countManyEveryMs = 10_000;

/** What tells this process from others that run on the same host or another. */
export const ownerName = `${hostname()}:${process.pid}`;

/** What is told of a partition by the process that has it. */
interface Reported {
  readonly partition: number;
  readonly state: TaskState;
  readonly memory: UsageState | undefined;
  readonly cause: string | undefined;
  readonly position: Position;
}

export interface PartitionReportsParts {
  /** host:port under which other processes reach this one; undefined until it listens. */
  readonly address: () => string | undefined;
  readonly snapshotOf: (partition: number) => PartitionReport['snapshot'];
  readonly now: Clock;
}

/** Makes the reports of this process's partitions. */
export class PartitionReports {
  readonly #counted = new Map<number, { readonly open: OpenPeriods; readonly untilMs: number }>();

  constructor(private readonly parts: PartitionReportsParts) {}

  of({ partition, state, memory, cause, position }: Reported): PartitionReport {
    return {
      partition,
      owner: ownerName,
      address: this.parts.address(),
      state,
      ...(memory && {
        position,
        memory: {
          clock: memory.clock,
          openPeriods: this.#openPeriods(partition, memory.windows),
          agreements: memory.agreements.agreementCount,
        },
      }),
      snapshot: this.parts.snapshotOf(partition),
      cause,
      atMs: this.parts.now(),
    };
  }

  /** To count them takes a walk over all: many are counted less often. */
  #openPeriods(partition: number, windows: WindowTable): OpenPeriods {
    const nowMs = this.parts.now();
    const counted = this.#counted.get(partition);
    if (counted !== undefined && windows.count > manyWindows && nowMs < counted.untilMs) {
      return counted.open;
    }
    const open = openPeriodsOf(windows);
    this.#counted.set(partition, { open, untilMs: nowMs + countManyEveryMs });
    return open;
  }
}
