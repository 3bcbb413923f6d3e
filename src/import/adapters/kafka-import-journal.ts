import type { PartitionFetcher, TransactionalSender } from '../../platform/kafka/index.js';
import { rowsIn, type ColumnBatch } from '../../streaming/index.js';
import { ImportFileRows, ImportProgressRows, importStates } from '../domain/tables.js';
import type { ImportJournal, JournalFile } from '../import-journal.js';
import { fileRows, progressRows } from '../import-rows.js';
import type { ImportCode } from '../errors.js';

/** A message of the journal: the newest one of a key is in force, one without value ends it. */
export interface JournalMessage {
  readonly key: string;
  readonly value: string | null;
}

/** All of what the rows of a file tell, so that they can be written again. */
interface JournalEntry extends JournalFile {
  readonly sha256: string;
}

export interface KafkaImportJournalParts {
  readonly directoryId: string;
  /** The one partition of the journal's topic. */
  readonly log: Pick<PartitionFetcher, 'ends' | 'fetch'>;
  readonly sender: Pick<TransactionalSender, 'fence'>;
  /** Rejects when another process is to import now. */
  readonly confirm: () => Promise<void>;
  /** Keeps rows for REST. Writing the same rows again leaves the same. */
  readonly rows: { write(rows: readonly ColumnBatch[]): Promise<void> };
  readonly reserveIds: (count: number) => Promise<number>;
  readonly pauseMs: (ms: number) => Promise<void>;
}

/** Others may have a transaction open below the end: it is waited for. */
const waitForOthersMs = 20;

/**
 * What the import of one folder has made durable, in a compacted topic: one message a file, written
 * in the transaction of the lines it speaks of. Read behind the fence, so that no earlier importer
 * can add to it any more.
 */
export class KafkaImportJournal implements ImportJournal {
  #files = new Map<number, JournalEntry>();
  readonly #left = new Set<number>();
  /** Of each feed the file that is done and has the latest record. */
  readonly #latest = new Map<string, JournalEntry>();

  constructor(private readonly parts: KafkaImportJournalParts) {}

  async takeOver(): Promise<void> {
    // one that was shut out would else shut out its successor
    await this.parts.confirm();
    await this.parts.sender.fence();
    this.#files = await this.#read();
    this.#left.clear();
    this.#latest.clear();
    keepLatest(this.#latest, this.#files.values());
    // whoever was here before may have ended between a transaction and its rows
    const files = this.#sorted(() => true);
    const standings = files.map(({ id, ...file }) => {
      return { ...file, fileId: id, reason: file.reason as ImportCode };
    });
    await this.parts.rows.write([fileRows(files), progressRows(standings)]);
  }

  unfinished(): Promise<readonly JournalFile[]> {
    return Promise.resolve(this.#sorted(({ state }) => !hasEnded(state)));
  }

  /** Files that are not there any more have left, as it seems while others were killed. */
  ended(stamps: readonly string[], doneSinceMs: number): Promise<readonly JournalFile[]> {
    const there = new Set(stamps);
    const ended = this.#sorted(({ state }) => hasEnded(state));
    const isWanted = ({ inode, state, atMs }: JournalEntry): boolean =>
      there.has(inode) || (state === 'done' && atMs >= doneSinceMs);
    for (const file of ended) if (!isWanted(file)) this.#left.add(file.id);
    return Promise.resolve(ended.filter(isWanted));
  }

  latestOfFeeds(): Promise<ReadonlyMap<string, number>> {
    const latest = Array.from(this.#latest, ([feed, { mark }]) => {
      return [feed, mark.lastRecordedAtMs] as const;
    });
    return Promise.resolve(new Map(latest));
  }

  reserveIds(count: number): Promise<number> {
    return this.parts.reserveIds(count);
  }

  left(id: number): void {
    if (this.#files.has(id)) this.#left.add(id);
  }

  /** The rows of an append, and what left since, as messages; call `committed` once they are. */
  entriesOf(rows: readonly ColumnBatch[]): { messages: JournalMessage[]; committed: () => void } {
    const changed = changedFiles(this.#files, rows);
    const left = [...this.#left].filter((id) => !changed.has(id) && !this.#isLatest(id));
    const messages = [
      ...Array.from(changed, ([id, file]) => this.#message(id, JSON.stringify(file))),
      ...left.map((id) => this.#message(id, null)),
    ];
    const committed = (): void => {
      for (const [id, file] of changed) this.#files.set(id, file);
      keepLatest(this.#latest, changed.values());
      for (const id of left) this.#files.delete(id);
      for (const id of left) this.#left.delete(id);
    };
    return { messages, committed };
  }

  #message(id: number, value: string | null): JournalMessage {
    return { key: `${this.parts.directoryId}/${id}`, value };
  }

  /** What is known of its feed must not be forgotten with it. */
  #isLatest(id: number): boolean {
    const feed = this.#files.get(id)?.feed;
    return feed !== undefined && this.#latest.get(feed)?.id === id;
  }

  #sorted(isWanted: (file: JournalEntry) => boolean): JournalEntry[] {
    return [...this.#files.values()].filter(isWanted).sort((a, b) => a.id - b.id);
  }

  /** Up to the end as it is now: a transaction of another folder may still hide a part of it. */
  async #read(): Promise<Map<number, JournalEntry>> {
    const { log, pauseMs } = this.parts;
    const files = new Map<number, JournalEntry>();
    const { first, next: end } = await log.ends();
    for (let at = first; at < end;) {
      const { messages, nextOffset, stableEnd } = await log.fetch(at);
      for (const { key, value } of messages) this.#take(files, String(key), value);
      // nothing but compacted away up to the end
      if (nextOffset === at && stableEnd >= end) break;
      if (nextOffset === at) await pauseMs(waitForOthersMs);
      at = nextOffset;
    }
    return files;
  }

  #take(files: Map<number, JournalEntry>, key: string, value: Buffer | null): void {
    const [directoryId, id] = key.split('/');
    if (directoryId !== this.parts.directoryId) return;
    if (value === null) files.delete(Number(id));
    else files.set(Number(id), JSON.parse(value.toString()) as JournalEntry);
  }
}

const hasEnded = (state: JournalFile['state']): boolean => state === 'done' || state === 'failed';

const keepLatest = (latest: Map<string, JournalEntry>, files: Iterable<JournalEntry>): void => {
  for (const file of files) {
    const { firstRecordedAtMs, lastRecordedAtMs } = file.mark;
    if (file.state !== 'done' || firstRecordedAtMs > lastRecordedAtMs) continue;
    const known = latest.get(file.feed);
    if (known === undefined || lastRecordedAtMs > known.mark.lastRecordedAtMs) {
      latest.set(file.feed, file);
    }
  }
};

/** The files that rows of an append speak of, as they stand behind it. */
const changedFiles = (
  known: ReadonlyMap<number, JournalEntry>,
  rows: readonly ColumnBatch[],
): Map<number, JournalEntry> => {
  const changed = new Map<number, JournalEntry>();
  const registered = new Map<number, FileFacts>();
  for (const files of rowsIn(ImportFileRows, rows)) {
    for (let row = 0; row < files.length; row++)
      registered.set(files.ids[row], factsOf(files, row));
  }
  for (const standings of rowsIn(ImportProgressRows, rows)) {
    for (let row = 0; row < standings.length; row++) {
      const id = standings.fileIds[row];
      const facts = registered.get(id) ?? known.get(id);
      if (facts === undefined) throw new Error(`file ${id} is not in the journal`);
      changed.set(id, { ...facts, ...standingOf(standings, row) });
    }
  }
  return changed;
};

type FileFacts = ReturnType<typeof factsOf>;

const factsOf = (files: ImportFileRows, row: number) => ({
  id: files.ids[row],
  name: files.names[row],
  feed: files.feeds[row],
  bytes: files.bytes[row],
  inode: files.inodes[row],
  registeredAtMs: files.registeredAtMs[row],
});

const standingOf = (standings: ImportProgressRows, row: number) => ({
  state: importStates[standings.states[row]],
  reason: standings.reasons[row],
  sha256: standings.sha256s[row],
  atMs: standings.atMs[row],
  seq: standings.seqs[row],
  mark: {
    byteOffset: standings.byteOffsets[row],
    lineNo: standings.lineNos[row],
    lines: standings.lines[row],
    firstRecordedAtMs: standings.firstRecordedAtMs[row],
    lastRecordedAtMs: standings.lastRecordedAtMs[row],
  },
});
