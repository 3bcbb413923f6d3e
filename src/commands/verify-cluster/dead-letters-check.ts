import { DeadLetterRows } from '../../ingest/index.js';
import { rowsIn } from '../../streaming/index.js';
import type { ReplayedBatch } from '../replay.js';
import type { EndedFiles } from './books-check.js';
import type { PartitionEnds } from './partition-ends.js';
import type { Progress } from './progress.js';
import { RowHash } from './row-hash.js';
import type { Servers } from './servers.js';

const letters = 'SELECT file_id, log_partition, line_no, "offset", code FROM dead_letter';

interface Letter {
  readonly fileId: number;
  readonly lineNo: number;
  readonly offset: number;
  readonly code: string;
  /** Undefined where the table does not tell: of a line of a file. */
  readonly partition?: number;
}

export interface DeadLettersCheckParts {
  readonly servers: Servers;
  readonly ends: PartitionEnds;
  readonly progress: Progress;
  readonly differs: (line: string) => void;
  /** By file the lines refused before the log, and up to which line. */
  readonly refused: ReadonlyMap<number, { readonly lines: number; readonly upTo: number }>;
  readonly ended: EndedFiles;
}

/** What was refused, compared with what the log gives, and with the books before the log. */
export class DeadLettersCheck {
  /** By place and code, the code's index: numbers only, for there may be many. */
  readonly #given = new Map<number, number>();
  readonly #codes: string[] = [];
  readonly #hash = new RowHash();
  readonly #refused = new Map<number, number>();
  #letters = 0;

  constructor(private readonly parts: DeadLettersCheckParts) {}

  take({ rows }: ReplayedBatch, partition: number): void {
    for (const letters of rowsIn(DeadLetterRows, rows)) {
      const { offsets, fileIds, lineNos, codes } = letters;
      for (let row = 0; row < letters.length; row++) {
        const fileId = fileIds[row];
        const code = codes[row];
        // as they are stored: of a file by its line, else by partition and offset
        const place =
          fileId === 0 ? { fileId, lineNo: 0, partition } : { fileId, lineNo: lineNos[row] };
        this.#given.set(this.#keyOf({ ...place, offset: offsets[row], code }), this.#indexOf(code));
      }
    }
  }

  /** Reads all dead letters, and compares. */
  async scan(): Promise<void> {
    const { progress } = this.parts;
    for await (const letter of this.#read()) {
      this.#letters++;
      if (letter.offset < 0) this.#takeRefused(letter);
      else if (!this.#given.delete(this.#keyOf(letter))) await this.#tellExtra(letter);
      progress.at(() => `${this.#letters} dead letters read`);
    }
    this.#tellMissing();
    this.#checkRefused();
  }

  /** A line of a file that never came into the log; later ones than the book knows are new. */
  #takeRefused({ fileId, lineNo }: Letter): void {
    const known = this.parts.refused.get(fileId);
    if (known !== undefined && lineNo > known.upTo) return;
    this.#refused.set(fileId, (this.#refused.get(fileId) ?? 0) + 1);
  }

  async #tellExtra({ fileId, lineNo, offset, code, partition }: Letter): Promise<void> {
    const { ends, differs } = this.parts;
    const possible = partition === undefined ? [...ends.undone.keys()] : [partition];
    for (const each of possible) {
      await ends.cover(each, offset);
      if (ends.standing(each, offset) !== 'under way') continue;
      ends.underWay[each]++;
      return;
    }
    const place = fileId === 0 ? `partition ${partition}` : `file ${fileId} line ${lineNo}`;
    differs(`dead_letter: the log does not refuse ${place} offset ${offset} with ${code}`);
  }

  #tellMissing(): void {
    const missing = new Map<string, number>();
    for (const index of this.#given.values()) {
      const code = this.#codes[index];
      missing.set(code, (missing.get(code) ?? 0) + 1);
    }
    for (const [code, events] of missing) {
      this.parts.differs(`dead_letter: ${events} refused with ${code} are not stored`);
    }
  }

  /** Of files that are read to their end: others may have a write on its way. */
  #checkRefused(): void {
    const { refused, ended, differs } = this.parts;
    for (const fileId of ended.keys()) {
      const booked = refused.get(fileId)?.lines ?? 0;
      const stored = this.#refused.get(fileId) ?? 0;
      if (stored === booked) continue;
      differs(`book of file ${fileId}: ${booked} refused before the log, ${stored} are stored`);
    }
  }

  #keyOf({ fileId, lineNo, offset, code, partition = 0 }: Letter): number {
    return this.#hash.start().word(fileId).word(lineNo).word(partition).number(offset).text(code)
      .key;
  }

  #indexOf(code: string): number {
    const known = this.#codes.indexOf(code);
    return known < 0 ? this.#codes.push(code) - 1 : known;
  }

  async *#read(): AsyncGenerator<Letter> {
    for await (const page of this.parts.servers.session.pages(letters)) {
      for (const row of page) {
        const fileId = Number(row['file_id']);
        yield {
          fileId,
          lineNo: Number(row['line_no']),
          offset: Number(row['offset']),
          code: String(row['code']),
          partition: fileId === 0 ? Number(row['log_partition']) : undefined,
        };
      }
    }
  }
}
