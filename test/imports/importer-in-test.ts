import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { usageApplication } from '../../src/billing-window/index.js';
import { loadSettings } from '../../src/config/index.js';
import { EmbeddedFeedFiles } from '../../src/import/adapters/embedded-feed-files.js';
import { EmbeddedImportFileStore } from '../../src/import/adapters/embedded-import-file-store.js';
import { Importer } from '../../src/import/importer.js';
import { FoldersLeftAlone } from '../../src/import/left-alone.js';
import type { ImporterPorts } from '../../src/import/importer-ports.js';
import type { ImportedFile } from '../../src/import/import.dto.js';
import { ImportService } from '../../src/import/import.service.js';
import { isUnfinishedName } from '../../src/platform/files/file-names.js';
import { IncomingFolder } from '../../src/platform/files/incoming-folder.js';
import { restFor } from '../../src/platform/pause.js';
import { createLogger } from '../../src/platform/telemetry/index.js';
import { PartitionTask } from '../../src/streaming/index.js';
import { openEmbedded, type OpenedStore } from '../../src/wiring/embedded/embedded-wiring.js';

/** A line the importer wrote to its log. */
export interface Said {
  readonly level: 'log' | 'warn';
  readonly message: string;
  readonly facts: Record<string, unknown>;
}

/** What a test changes of the ports of the importer. */
export type OtherPorts = Partial<ImporterPorts> & {
  readonly wrapLog?: (log: ImporterPorts['log']) => ImporterPorts['log'];
};

type Code = string;

const columns = ['counted', 'late', 'waiting', 'duplicate', 'rejected'] as const;

/** The sum of the five columns of a book. */
export const sumOfBook = (book: ImportedFile): number =>
  columns.reduce((sum, name) => sum + book[name], 0);

/** The importer alone, in this process: a real folder, the real store, the real counting. */
export class ImporterInTest {
  readonly said: Said[] = [];
  readonly incoming: string;
  #store: OpenedStore | undefined;
  #importer: Importer | undefined;
  #ended: Promise<void> = Promise.resolve();
  #task: { stop(): void } | undefined;

  private constructor(
    readonly dataDir: string,
    private readonly others: OtherPorts,
  ) {
    this.incoming = join(dataDir, 'incoming-data-records');
    mkdirSync(this.incoming, { recursive: true });
  }

  /** Without `start()`: files can be laid out first. */
  static at(others: OtherPorts = {}, dataDir?: string): ImporterInTest {
    return new ImporterInTest(dataDir ?? mkdtempSync(join(tmpdir(), 'overage-')), others);
  }

  static async started(others: OtherPorts = {}): Promise<ImporterInTest> {
    const importer = ImporterInTest.at(others);
    await importer.start();
    return importer;
  }

  get store(): OpenedStore {
    if (this.#store === undefined) throw new Error('the importer is not started');
    return this.#store;
  }

  get lastMoveMs(): number {
    return this.#importer?.lastMoveMs ?? NaN;
  }

  /** Opens the store and imports; `others` are on top of those of the making. */
  async start(others: OtherPorts = {}): Promise<void> {
    const loaded = loadSettings({ DATA_DIR: this.dataDir }, () => undefined);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    const quiet = createLogger({ level: 'fatal', format: 'json' });
    const store = (this.#store = await openEmbedded(loaded.settings, quiet));
    const running = new Promise<void>((resolve, reject) => {
      const task = new PartitionTask(usageApplication, {
        ...{ log: store.log, commitPoint: store.log, rows: store.rows, snapshots: store.snapshots },
        snapshotEveryEvents: 1_000_000,
        turn: () => Promise.resolve(),
        pause: () => sleep(20),
        onState: (state, cause) => {
          if (state === 'running') resolve();
          if (state === 'failed') reject(cause);
        },
      });
      this.#task = task;
      this.#ended = task.run();
    });
    await running;
    this.#importer = new Importer(this.#ports({ ...this.others, ...others }));
    await this.#importer.start();
  }

  async stop(): Promise<void> {
    await this.#importer?.stop();
    this.#importer = undefined;
    await this.#close();
  }

  /** Ends at once: what waits to be counted is undone. */
  async kill(): Promise<void> {
    const stopped = this.#importer?.stop();
    this.#task?.stop();
    this.store.log.close();
    await this.#ended;
    await this.store.log.abandon();
    await stopped;
    this.#importer = undefined;
    await this.#close();
  }

  async stopAndRemove(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  path(...names: string[]): string {
    return join(this.incoming, ...names);
  }

  /** Drops a file as a user does: written under another name, then renamed. */
  drop(name: string, content: string | Buffer): void {
    const target = this.path(name);
    mkdirSync(dirname(target), { recursive: true });
    const draft = join(dirname(target), 'tmp_draft');
    writeFileSync(draft, content);
    renameSync(draft, target);
  }

  /** All names below a folder of the incoming one, sorted; none when it is not there. */
  names(...folder: string[]): string[] {
    try {
      return readdirSync(this.path(...folder)).sort();
    } catch {
      return [];
    }
  }

  /** Newest first. */
  async books(): Promise<ImportedFile[]> {
    return (await this.#service().list({ limit: 10_000 })).items;
  }

  /** The books, oldest first, once so many files are done or failed and moved away. */
  async ended(files: number, timeoutMs = 20_000): Promise<ImportedFile[]> {
    let books: ImportedFile[] = [];
    await until(`${files} files ended`, timeoutMs, async () => {
      if (this.waitingNames().length > 0) return false;
      books = await this.books();
      const ended = books.filter(({ state }) => state === 'done' || state === 'failed');
      return ended.length === files;
    });
    return books.reverse();
  }

  /** Names that the importer should still take away, with their folder. */
  waitingNames(): string[] {
    const isTaken = (name: string): boolean => !isUnfinishedName(name);
    return readdirSync(this.incoming, { withFileTypes: true })
      .filter(({ name }) => isTaken(name) && !['done', 'failed'].includes(name))
      .flatMap((entry) => (entry.isDirectory() ? this.names(entry.name) : [entry.name]))
      .filter(isTaken);
  }

  /** Code of each refused line of a file, by line. */
  async codes(fileId: number): Promise<Record<number, Code>> {
    const rows = await this.store.database.query(
      'SELECT line_no, code FROM dead_letter WHERE file_id = $1 ORDER BY line_no',
      [fileId],
    );
    return Object.fromEntries(rows.map(({ line_no: lineNo, code }) => [lineNo, code as Code]));
  }

  async rejects(fileId: number): Promise<string> {
    const parts: Buffer[] = [];
    const { text } = await this.#service().rejects(fileId);
    for await (const part of text) parts.push(part as Buffer);
    return Buffer.concat(parts).toString();
  }

  /** File and line of every stored record, in order. */
  async recordLines(): Promise<[fileId: number, lineNo: number][]> {
    const rows = await this.store.database.query(
      'SELECT file_id, line_no FROM usage_record ORDER BY file_id, line_no',
    );
    return rows.map(({ file_id: fileId, line_no: lineNo }) => [Number(fileId), Number(lineNo)]);
  }

  feeds(): ReturnType<EmbeddedFeedFiles['last']> {
    return new EmbeddedFeedFiles(this.store.database).last();
  }

  warnings(): Said[] {
    return this.said.filter(({ level }) => level === 'warn');
  }

  async #close(): Promise<void> {
    if (this.#store === undefined) return;
    this.#task?.stop();
    this.#store.log.close();
    await this.#ended;
    await this.#store.log.abandon();
    await this.#store.close();
    this.#store = undefined;
  }

  readonly leftAlone = new FoldersLeftAlone({
    warn: (message, facts) => void this.said.push({ level: 'warn', message, facts }),
  });

  #service(): ImportService {
    return new ImportService(new EmbeddedImportFileStore(this.store.database));
  }

  #ports({ wrapLog, ...others }: OtherPorts): ImporterPorts {
    const { log, database } = this.store;
    const say = (level: Said['level']) => (message: string, facts?: Record<string, unknown>) => {
      this.said.push({ level, message, facts: facts ?? {} });
    };
    return {
      folder: new IncomingFolder(this.incoming),
      log: wrapLog === undefined ? log : wrapLog(log),
      journal: new EmbeddedImportFileStore(database),
      now: () => Date.now(),
      pauseMs: restFor,
      maxLineBytes: 64 * 1024,
      scanIntervalMs: 100,
      quietPeriodMs: 0,
      isSortedByTime: () => false,
      maxFutureSkewMs: 24 * 3_600_000,
      gzip: undefined,
      maxOutOfOrdernessMs: () => 4 * 3_600_000,
      leftAlone: this.leftAlone,
      logger: { log: say('log'), warn: say('warn') },
      ...others,
    };
  }
}

/** Waits until something is so; throws with its name when it is not in time. */
export const until = async (
  what: string,
  timeoutMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> => {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += 10) {
    if (await isSo()) return;
    await sleep(10);
  }
  throw new Error(`not in time: ${what}`);
};

/** A good line: one record of a subscriber at a second of 2020. */
export const goodLine = (n: number, bytes = 100): string => {
  const recordedAt = new Date(Date.UTC(2020, 0, 2) + n * 1000).toISOString().slice(0, 19);
  return `record-${n};${recordedAt}Z;4812345;${bytes}`;
};

/** So many good lines, each with its line break. */
export const goodLines = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, n) => `${goodLine(from + n)}\n`).join('');
