import { checkCluster } from '../../wiring/cluster/cluster-check.js';
import { usageGroup } from '../../wiring/cluster/cluster-options.js';
import type { Settings } from '../../config/index.js';
import { systemClock } from '../../platform/http/clock.js';
import { pauseFor } from '../../platform/pause.js';
import type { Logger } from '../../platform/telemetry/index.js';
import { startOfLog, type Position } from '../../streaming/index.js';
import { Differences } from '../differences.js';
import { logTooShort, undoneOf, type Replay } from '../replay.js';
import { BooksCheck, endedFiles, type EndedFiles } from './books-check.js';
import { DataRecordCheck } from './data-record-check.js';
import { DeadLettersCheck } from './dead-letters-check.js';
import { MessagesCheck } from './messages-check.js';
import { PartitionEnds } from './partition-ends.js';
import { Progress } from './progress.js';
import { recordPlaces, RecordsCheck } from './records-check.js';
import { replayPartition, snapshotStop, type Taker } from './replay-partition.js';
import { Servers, type PatientFetcher } from './servers.js';
import { SmallTableCheck } from './small-table-check.js';
import { smallTables } from './small-tables.js';
import { WindowTotals } from './window-totals.js';

const howToFill =
  'Rows of data_record are missing: `npm run migrate -- --data-record` writes them from ' +
  'usage_record, also beside the running program.';

/** A committed position is seen a moment after the messages of its transaction. */
const settleMs = 1_000;

/** Where everything stood when the run began. What comes later is left out. */
interface Beginning {
  readonly positions: readonly Position[];
  /** Behind the last event of each partition of the log. */
  readonly logEnds: readonly number[];
  readonly ended: EndedFiles;
}

interface ReplayAllParts {
  readonly ends: PartitionEnds;
  readonly takers: readonly Taker[];
  readonly dataRecords: DataRecordCheck | undefined;
}

/** One run over the cluster. */
class ClusterVerification {
  readonly #differences: Differences;
  readonly #progress: Progress;
  readonly #logs: readonly PatientFetcher[];
  readonly #messages: MessagesCheck;
  #events = 0;
  #rows = 0;
  #windows = 0;

  constructor(
    private readonly servers: Servers,
    private readonly print: (line: string) => void,
  ) {
    const { partitions, topicDataRecordsAggregates: topic } = servers.settings;
    this.#differences = new Differences(print);
    this.#progress = new Progress(print, systemClock);
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    this.#logs = all.map((partition) => servers.logLook(partition));
    const fetchers = all.map((partition) => servers.messagesLook(partition));
    const differs = this.#differences.add;
    this.#messages = new MessagesCheck({ topic, fetchers, progress: this.#progress, differs });
  }

  /** Answers how many differences there are. */
  async run(): Promise<number> {
    const beginning = await this.#begin();
    const ends = new PartitionEnds(beginning.positions.map(undoneOf), this.#logs);
    const { servers } = this;
    const { ended } = beginning;
    const parts = {
      ...{ servers, ends, ended, progress: this.#progress },
      differs: this.#differences.add,
    };
    const books = new BooksCheck(parts);
    const letters = new DeadLettersCheck({ ...parts, refused: books.refused });
    const tables = smallTables(servers.settings).map((table) => new SmallTableCheck(table, parts));
    const takers = [this.#messages, books, letters, ...tables];
    const dataRecords = servers.settings.dataRecordTable ? new DataRecordCheck(parts) : undefined;
    await this.#replayAll(beginning, { ends, takers, dataRecords });
    const named = [this.#messages, ...tables, ...(dataRecords === undefined ? [] : [dataRecords])];
    for (const check of [books, letters, ...named]) await check.scan();
    const toName = named.filter((check) => check.prepareNaming());
    if (toName.length > 0) await this.#replayAgain(beginning, toName);
    for (const check of toName) await check.name();
    if ((dataRecords?.missing ?? 0) > 0) this.print(howToFill);
    const undecided = await books.checkShort(await this.#isAllDone(beginning, ends));
    this.#tellEnd({ ends, undecided, files: books.files });
    return this.#differences.count;
  }

  async close(): Promise<void> {
    await Promise.all(this.#logs.map((log) => log.close()));
    await this.#messages.close();
  }

  /** In this order: messages and lines that are seen belong to positions that are read later. */
  async #begin(): Promise<Beginning> {
    await this.#messages.beforePositions();
    const ended = await endedFiles(this.servers);
    const logEnds = await Promise.all(this.#logs.map((log) => log.stableEnd()));
    await pauseFor(settleMs);
    const positions = await this.#positions();
    await this.#messages.behindPositions();
    const texts = positions.map(({ offset }, partition) => `${partition} at ${offset}`);
    this.print(
      `Compared is what is committed now: partition ${texts.join(', ')}. ` +
        'The program may go on meanwhile; what it does from now on is left out.',
    );
    if (positions.every(({ offset }) => offset === 0)) {
      this.print(
        `Nothing is committed by group ${usageGroup(this.servers.settings)}. If something should ` +
          'be, CLUSTER_NAME is another; else start the program with role ingest.',
      );
    }
    return { positions, logEnds, ended };
  }

  async #positions(): Promise<Position[]> {
    const found = await this.servers.offsets.all();
    return this.#logs.map((_, partition) => found.get(partition) ?? startOfLog);
  }

  async #replayAll(
    { positions }: Beginning,
    { ends, takers, dataRecords }: ReplayAllParts,
  ): Promise<void> {
    const { servers } = this;
    const progress = this.#progress;
    const places = await recordPlaces(servers);
    for (const [partition, until] of positions.entries()) {
      const differs = (line: string): void => {
        this.#differences.add(`partition ${partition}: ${line}`);
      };
      const ofRecords = { servers, partition, ends, progress, differs, dataRecords };
      const records = new RecordsCheck(ofRecords);
      const parts = { servers, progress, partition, until };
      const stop = await snapshotStop(parts, differs);
      const all = { ...parts, takers: [records, ...takers] };
      const messagesBefore = this.#messages.messages;
      const replay = await replayPartition(all, stop === undefined ? [] : [stop]);
      const messages = this.#messages.messages - messagesBefore;
      const tooShort = logTooShort(replay.position, until);
      if (tooShort !== undefined) differs(tooShort);
      const totals = new WindowTotals(replay.state);
      await records.scan(places[partition], totals);
      totals.compare(differs);
      if (records.prepareNaming()) await replayPartition({ ...parts, takers: [records] });
      await records.name();
      this.#tellPartition(partition, { replay, records, totals, messages });
    }
  }

  #tellPartition(
    partition: number,
    done: { replay: Replay; records: RecordsCheck; totals: WindowTotals; messages: number },
  ): void {
    const { replay, records, totals, messages } = done;
    this.#events += replay.events;
    this.#rows += records.rows;
    this.#windows += totals.windows;
    this.print(
      `partition ${partition}: ${replay.events} events, ${records.rows} rows, ` +
        `${totals.windows} totals compared, ${messages} messages to be found`,
    );
  }

  /** Once more, for what differs over all partitions. */
  async #replayAgain({ positions }: Beginning, takers: readonly Taker[]): Promise<void> {
    this.print('The log is replayed again, to name what differs.');
    const { servers } = this;
    for (const [partition, until] of positions.entries()) {
      await replayPartition({ servers, progress: this.#progress, partition, until, takers });
    }
  }

  /** Whether all that was in the log when the run began is committed by now. */
  async #isAllDone({ logEnds }: Beginning, ends: PartitionEnds): Promise<boolean> {
    const positions = await this.#positions();
    const areDone = await Promise.all(
      logEnds.map((end, partition) => ends.isDoneUpTo(partition, end, positions[partition].offset)),
    );
    return areDone.every(Boolean);
  }

  #tellEnd(end: { ends: PartitionEnds; undecided: number; files: number }): void {
    for (const [partition, rows] of end.ends.underWay.entries()) {
      if (rows === 0) continue;
      this.print(
        `partition ${partition}: ${rows} rows are not committed yet and left out: they are being ` +
          'written, or a process died; whoever counts their events writes the same rows',
      );
    }
    if (end.undecided > 0) {
      this.print(`${end.undecided} files have lines that are not counted yet`);
    }
    const found = this.#differences.summary();
    this.print(
      `${this.#events} events, ${this.#rows} rows, ${this.#windows} totals, ` +
        `${this.#messages.messages} messages, ${end.files} books of files: ${found}`,
    );
  }
}

/**
 * Recomputes from the log what rows, totals, messages, agreements, books and dead letters of a
 * cluster have to be, partition by partition and without a snapshot, and prints each difference,
 * its progress, and one line at the end. It writes nothing and works beside the program: what is
 * compared is what was committed when it began. Answers how many differences there are. Rejects
 * with CLUSTER_NOT_READY, and with the faults of both servers.
 */
export const verifyCluster = async (
  settings: Settings,
  logger: Logger,
  print: (line: string) => void,
): Promise<number> => {
  await checkCluster(settings, logger);
  const servers = await Servers.open(settings, logger);
  const verification = new ClusterVerification(servers, print);
  try {
    return await verification.run();
  } finally {
    await verification.close();
    await servers.close();
  }
};
