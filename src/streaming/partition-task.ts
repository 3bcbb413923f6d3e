import type { CommitPoint, PartitionLog } from './event-log.js';
import { reached } from './crash-point.js';
import { Fault } from './fault.js';
import type { LogEvents } from './log-events.js';
import { comparePositions, startOfLog, type Position } from './position.js';
import type { ColumnBatch } from './rows.js';
import type { SnapshotStore } from './snapshot-store.js';
import type { BatchFrom, RowStore, Step, StreamApplication } from './stream-application.js';

/**
 * unowned ──▶ fencing ──▶ restoring ──▶ running
 *    ▲           ▲            │            │      any doubt: back to fencing
 *    │           └────────────┴────────────┤
 *    └──────────── stopped ◀───────────────┘      Ctrl-C, or a bug: failed
 */
export const taskTransitions = {
  unowned: ['fencing'],
  fencing: ['restoring', 'fencing', 'failed', 'stopped'],
  restoring: ['running', 'fencing', 'failed', 'stopped'],
  running: ['fencing', 'failed', 'stopped'],
  failed: [],
  stopped: [],
} as const satisfies Record<string, readonly string[]>;

export type TaskState = keyof typeof taskTransitions;

/** The adapters a task runs on, and how often it saves a snapshot. */
export interface TaskPorts<E extends LogEvents, L, F> {
  readonly log: PartitionLog<E>;
  readonly rows: RowStore<L, F>;
  readonly commitPoint: CommitPoint;
  readonly snapshots: SnapshotStore;
  readonly snapshotEveryEvents: number;
  /** Between the pieces of a step: lets everybody else go on that waits. */
  readonly turn: () => Promise<void>;
  /** Waits before a restore is tried again after a fault with reaction Retry. */
  readonly pause: () => Promise<void>;
  readonly onState: (state: TaskState, cause?: unknown) => void;
}

/**
 * Runs one application over one partition: fence, restore, then batch after batch.
 * Whatever goes wrong, memory is thrown away and read again: nothing is repaired in place.
 */
export class PartitionTask<S, E extends LogEvents, L, F> {
  #taskState: TaskState = 'unowned';
  #memory: S | undefined;
  #position: Position = startOfLog;
  #snapshotPosition: Position = startOfLog;
  #stopping = false;

  constructor(
    private readonly app: StreamApplication<S, E, L, F>,
    private readonly ports: TaskPorts<E, L, F>,
  ) {}

  get state(): TaskState {
    return this.#taskState;
  }

  get position(): Position {
    return this.#position;
  }

  /** The application's state as of the last step, for reading only; undefined unless running. */
  get memory(): S | undefined {
    return this.#taskState === 'running' ? this.#memory : undefined;
  }

  /** Runs until stop() or a bug. Resolves in state stopped or failed; never rejects. */
  async run(): Promise<void> {
    while (!this.#stopping) {
      try {
        this.#enter('fencing');
        const position = await this.ports.commitPoint.fence();
        this.#enter('restoring');
        await this.#restore(position);
        this.#enter('running');
        await this.#process();
      } catch (error) {
        this.#memory = undefined;
        if (!isRetryable(error)) {
          this.#enter('failed', error);
          return;
        }
        this.#enter('fencing', error);
        await this.ports.pause();
      }
    }
    this.#enter('stopped');
  }

  /** Lets the batch in hand be committed, saves a snapshot, then run() ends. */
  stop(): void {
    this.#stopping = true;
  }

  async #restore(position: Position): Promise<void> {
    const snapshot = await this.ports.snapshots.newestAtOrBelow(position);
    this.#memory = snapshot ? await this.app.load(snapshot.chunks()) : this.app.newState();
    this.#position = snapshot?.position ?? startOfLog;
    this.#snapshotPosition = this.#position;
    const end = position.offset + (position.cursor > 0 ? 1 : 0);
    for await (const events of this.ports.log.stored(this.#position.offset, end)) {
      await this.#replay(events, position);
      if (this.#stopping) return;
    }
    if (this.#stopping) return; // the log was closed: it is not too short
    if (comparePositions(this.#position, position) !== 0) {
      throw new Fault(
        'LOG_SHORTER_THAN_POSITION',
        'StateCorrupt',
        'the log ends before the position',
        {
          facts: { offset: this.#position.offset, committedOffset: position.offset },
        },
      );
    }
  }

  /** Muted: the effects of these events are committed already and are dropped. */
  async #replay(events: E, until: Position): Promise<void> {
    let from = 0;
    while (from < events.length && comparePositions(this.#position, until) < 0) {
      const step = await this.#step({ events, from, isMuted: true });
      from = step.next;
      this.#position = step.position;
    }
  }

  async #process(): Promise<void> {
    const commits = new CommitsInFlight();
    while (!this.#stopping) {
      const events = await this.ports.log.read(this.#position.offset);
      if (events === undefined) break;
      // a commit that fails must not wait for the next event to be noticed
      if (events.length === 0) await commits.done();
      reached('task.batch-read');
      for (let from = 0; from < events.length;) {
        const firstOffset = this.#undone({ events, from });
        const step = await this.#step({ events, from }, commits);
        reached('task.stepped');
        await commits.room();
        const commit = this.ports.commitPoint.commit(step.effects, step.position);
        commits.add({ commit, firstOffset, rows: step.effects.rows });
        this.#position = step.position;
        from = step.next;
      }
      if (this.#position.offset - this.#snapshotPosition.offset >= this.ports.snapshotEveryEvents) {
        await commits.done();
        await this.#saveSnapshot();
      }
    }
    await commits.done();
    if (comparePositions(this.#position, this.#snapshotPosition) > 0) await this.#saveSnapshot();
  }

  /** A look-up sees the rows of the steps before it: those on their way are not in the store. */
  async #step(batch: BatchFrom<E>, { onTheirWay }: CommitsInFlight = noCommits): Promise<Step> {
    const memory = this.#memory as S;
    const lookups = this.app.lookups(memory, batch);
    let found: F | undefined;
    if (lookups !== undefined) {
      const storedUntil = onTheirWay[0]?.firstOffset ?? this.#undone(batch);
      const rows = onTheirWay.flatMap((step) => step.rows);
      found = await this.ports.rows.find(lookups.wanted, storedUntil);
      if (rows.length > 0) found = this.app.withUncommitted(found, lookups.wanted, rows);
      reached('task.rows-found');
    }
    const until = lookups?.until ?? batch.events.length;
    const pieces = this.app.step(memory, { ...batch, until }, found);
    for (;;) {
      const piece = pieces.next();
      if (piece.done) return piece.value;
      await this.ports.turn();
    }
  }

  /** The first offset without rows; an event in the middle of its outputs has its rows already. */
  #undone({ events, from }: BatchFrom<E>): number {
    return events.offsets[from] + (this.#position.cursor > 0 ? 1 : 0);
  }

  async #saveSnapshot(): Promise<void> {
    await this.ports.snapshots.save(this.#position, this.app.save(this.#memory as S));
    this.#snapshotPosition = this.#position;
    reached('snapshot.saved');
  }

  #enter(next: TaskState, cause?: unknown): void {
    const allowed: readonly TaskState[] = taskTransitions[this.#taskState];
    if (!allowed.includes(next)) {
      throw new Error(`a partition task in state ${this.#taskState} cannot enter ${next}`);
    }
    this.#taskState = next;
    this.ports.onState(next, cause);
  }
}

/** Two: the rows of a step are written while the step before it is committed. */
const mostCommits = 2;

/** A step that is being committed. */
interface CommitOnItsWay {
  readonly commit: Promise<void>;
  /** No row of the step has a version below, none of a step before it has this or a later one. */
  readonly firstOffset: number;
  readonly rows: readonly ColumnBatch[];
}

/** Commits on their way, oldest first. */
class CommitsInFlight {
  readonly onTheirWay: CommitOnItsWay[] = [];

  add(step: CommitOnItsWay): void {
    step.commit.catch(() => undefined); // thrown at the next await, so not unhandled
    this.onTheirWay.push(step);
  }

  async room(): Promise<void> {
    while (this.onTheirWay.length >= mostCommits) await this.#first();
  }

  async done(): Promise<void> {
    while (this.onTheirWay.length > 0) await this.#first();
  }

  async #first(): Promise<void> {
    const [{ commit }] = this.onTheirWay;
    await commit;
    this.onTheirWay.shift();
  }
}

const noCommits = new CommitsInFlight();

const isRetryable = (error: unknown): boolean =>
  error instanceof Fault && (error.reaction === 'Retry' || error.reaction === 'Fenced');
