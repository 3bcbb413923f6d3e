import {
  Fault,
  type CommitPoint,
  type Effects,
  type EffectsWriter,
  type PartitionTransactions,
  type Position,
} from '../../src/streaming/index.js';
import type { UsageEvents } from '../../src/ingest/index.js';
import { askKafka } from './cluster.js';
import { newRowStore, newWriterOfChanges, SimSnapshots } from './cassandra-clients.js';
import { SimPartitionLog, SimProducer, SimTransactions } from './kafka-clients.js';
import { soundParts, type PartitionPlace, type Parts } from './parts.js';
import { SimImport, type Import } from './sim-importer.js';

/** The commit point with its two halves in another relation; `both` does them for one step. */
class OtherCommitPoint implements CommitPoint {
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly writer: EffectsWriter,
    private readonly transactions: PartitionTransactions,
    private readonly both: (
      write: () => Promise<void>,
      commit: () => Promise<void>,
    ) => Promise<void>,
  ) {}

  async fence(): Promise<Position> {
    await this.#last.catch(() => undefined);
    this.#last = Promise.resolve();
    await this.transactions.fence();
    const position = await this.transactions.committed();
    this.writer.startAt(position);
    return position;
  }

  commit(effects: Effects, position: Position): Promise<void> {
    const write = (): Promise<void> => this.writer.write(effects, position);
    const commit = (): Promise<void> => this.transactions.commit(effects, position);
    this.#last = this.#last.then(() => this.both(write, commit));
    this.#last.catch(() => undefined);
    return this.#last;
  }
}

const ordered = (both: OtherCommitPoint['both']): Partial<Parts> => ({
  commitPoint: (writer, transactions) => new OtherCommitPoint(writer, transactions, both),
});

class PositionBeforeFence extends SimTransactions {
  #position: Position | undefined;

  override async fence(): Promise<void> {
    this.#position = await super.committed();
    await super.fence();
  }

  override committed(): Promise<Position> {
    return Promise.resolve(this.#position as Position);
  }
}

class PositionUndecided extends SimTransactions {
  override committed(): Promise<Position> {
    const { kafka } = this.place.cluster;
    return askKafka(this.place, 'offsetFetch', () => kafka.position(this.partition));
  }
}

const isNoAnswer = (error: unknown): boolean =>
  error instanceof Fault && error.reaction === 'Retry';

class RedoFromMemory extends SimTransactions {
  override async commit(effects: Effects, position: Position): Promise<void> {
    try {
      await super.commit(effects, position);
    } catch (error) {
      if (!isNoAnswer(error)) throw error;
      await this.fence();
      await super.commit(effects, position);
    }
  }
}

class LostIsSuccess extends SimTransactions {
  protected override async end(): Promise<void> {
    try {
      await super.end();
    } catch (error) {
      if (!isNoAnswer(error)) throw error;
      await this.fence();
    }
  }
}

class OffsetMoved extends SimTransactions {
  constructor(
    place: ConstructorParameters<typeof SimTransactions>[0] & { readonly partition: number },
    private readonly by: number,
  ) {
    super(place, place.partition);
  }

  override commit(effects: Effects, position: Position): Promise<void> {
    return super.commit(effects, { ...position, offset: position.offset + this.by });
  }
}

class AnySnapshot extends SimSnapshots {
  protected override fits(): boolean {
    return true;
  }
}

/** Each step by itself: what it changes, not what a book then is. */
const changesOnly = (place: PartitionPlace): EffectsWriter => ({
  startAt: () => undefined,
  write: (effects, position) => newWriterOfChanges(place, place.partition).write(effects, position),
});

/** Waits for events for ever, as if a commit could not fail meanwhile. */
class WaitsForEver extends SimPartitionLog {
  override async read(offset: number): Promise<UsageEvents | undefined> {
    for (;;) {
      const events = await super.read(offset);
      if (events === undefined || events.length > 0) return events;
    }
  }
}

class ImportFromMemory extends SimImport {
  #hasRead = false;

  protected override async takeOver(): Promise<void> {
    await this.producer.fence();
    if (!this.#hasRead) await this.readJournal();
    this.#hasRead = true;
  }
}

class JournalApart extends SimImport {
  protected override async commit({ entry, events }: Import): Promise<void> {
    await this.produceEvents(events);
    await this.producer.commit();
    await this.produceEntry(entry);
    await this.producer.commit();
  }
}

class ImportUnfenced extends SimImport {
  protected override readonly producer = new SimProducer(
    this.place,
    `import-${this.place.process.name}`,
  );
}

const planted: Readonly<Record<string, Partial<Parts>>> = {
  'rows after the commit': ordered((write, commit) => commit().then(write)),
  'rows not waited for': ordered(async (write, commit) => {
    write().catch(() => undefined);
    await commit();
  }),
  'no fence': {
    transactions: (place) =>
      new SimTransactions(place, place.partition, `usage-${place.partition}-${place.process.name}`),
  },
  'position read before the fence': {
    transactions: (place) => new PositionBeforeFence(place, place.partition),
  },
  'position read before it is moved': {
    transactions: (place) => new PositionUndecided(place, place.partition),
  },
  'any existing row taken for a duplicate': {
    rows: (place) => ({ find: (lookups) => newRowStore(place).find(lookups, Infinity) }),
  },
  'redo from memory after a lost answer': {
    transactions: (place) => new RedoFromMemory(place, place.partition),
  },
  'a lost answer taken for success': {
    transactions: (place) => new LostIsSuccess(place, place.partition),
  },
  'offset one too high': { transactions: (place) => new OffsetMoved(place, 1) },
  'offset one too low': { transactions: (place) => new OffsetMoved(place, -1) },
  'books as deltas': {
    writer: changesOnly,
    books: (cassandra) => cassandra.summedBooks(),
  },
  'a snapshot beyond the position': {
    snapshots: (place) => new AnySnapshot(place, place.partition),
  },
  'a failed commit noticed by the next event only': {
    log: (place) => new WaitsForEver(place, place.cluster.input[place.partition]),
  },
  'import goes on from memory after a lost answer': {
    importing: (place) => new ImportFromMemory(place),
  },
  'journal and lines in two transactions': { importing: (place) => new JournalApart(place) },
  'importers that do not shut each other out': { importing: (place) => new ImportUnfenced(place) },
};

/** Bugs that a simulation has to find, each a part that is put together wrongly. */
export const plantedBugs = Object.keys(planted);

/** The parts of a run with a bug, or the sound ones. */
export const partsWith = (bug: string | undefined): Parts => {
  if (bug === undefined) return soundParts;
  if (!Object.hasOwn(planted, bug)) throw new Error(`there is no planted bug ${bug}`);
  return { ...soundParts, ...planted[bug] };
};
