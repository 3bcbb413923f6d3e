import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { refusal } from '../platform/http/refusal.js';
import { textStream } from '../platform/http/text-stream.js';
import { Slots } from '../platform/slots.js';
import { refusedRawBytes } from './domain/line-batches.js';
import { harmless, harmlessNote } from './domain/spreadsheet-cells.js';
import { importErrors } from './errors.js';
import type { ImportedFile, ImportedFiles } from './import.dto.js';
import {
  IMPORT_FILE_STORE,
  type ImportFile,
  type ImportFileStore,
  type RejectedLine,
} from './import-file-store.js';

const isoOf = (epochMs: number): string => new Date(epochMs).toISOString();

/** A file in the form of REST; fields that have no value yet are null. */
export const importFileJson = (file: ImportFile): ImportedFile => {
  const { firstRecordedAtMs, lastRecordedAtMs, lines } = file.mark;
  const hasRecord = firstRecordedAtMs <= lastRecordedAtMs;
  const isFinished = file.state === 'done' || file.state === 'failed';
  return {
    id: file.id,
    name: file.name,
    feed: file.feed,
    sha256: file.sha256 || null,
    state: file.state,
    bytes: file.bytes,
    lines,
    counted: file.counted,
    late: file.late,
    waiting: file.waiting,
    duplicate: file.duplicate,
    rejected: file.rejected,
    firstRecordedAt: hasRecord ? isoOf(firstRecordedAtMs) : null,
    lastRecordedAt: hasRecord ? isoOf(lastRecordedAtMs) : null,
    registeredAt: isoOf(file.registeredAtMs),
    finishedAt: isFinished ? isoOf(file.atMs) : null,
    reason: file.reason || null,
  };
};

const rejectsPerPage = 256;

const lineBreak = Buffer.from('\n');
/** The rest of a line is not kept: as it is, the line must not be readable by chance. */
const cutOff = Buffer.from(';… cut off here');

/** A note is one cell, and none that a spreadsheet runs. */
const noteOf = ({ lineNo, code, message }: RejectedLine): Uint8Array =>
  harmlessNote(`# line ${lineNo} ${code}: ${message}`);

const textOf = (rejected: RejectedLine): Uint8Array[] => {
  const { raw } = rejected;
  const line = raw.length < refusedRawBytes ? raw : Buffer.concat([raw, cutOff]);
  return [noteOf(rejected), lineBreak, harmless(line), lineBreak];
};

/** What was imported, and what was refused. */
@Injectable()
export class ImportService {
  readonly #reading = new Slots(1);

  constructor(@Inject(IMPORT_FILE_STORE) private readonly files: ImportFileStore) {}

  /** Newest first; `next` is the `after` of the next page. */
  async list(page: { limit: number; after?: number }): Promise<ImportedFiles> {
    const before = page.after ?? Number.MAX_SAFE_INTEGER;
    const found = await this.files.list({ before, limit: page.limit });
    const next = found.length < page.limit ? null : (found.at(-1)?.id ?? null);
    return { items: found.map(importFileJson), next };
  }

  /** Refuses with 404 IMPORT_FILE_UNKNOWN. */
  async get(id: number): Promise<ImportedFile> {
    const file = await this.files.byId(id);
    if (file === undefined) throw refusal(importErrors, 'IMPORT_FILE_UNKNOWN', { status: 404 });
    return importFileJson(file);
  }

  /**
   * The refused lines as they were, each behind a note with its line and reason, and the name to
   * keep the list under. Notes are skipped by the import, and what was put before cells that a
   * spreadsheet would run is taken back, so the list can be fixed and dropped again as it is.
   */
  async rejects(id: number): Promise<{ readonly name: string; readonly text: Readable }> {
    const { name } = await this.get(id);
    return { name: `${name}.rejects.csv`, text: textStream(this.#rejectPages(id)) };
  }

  /** One at a time: short questions to the store do not wait behind hundreds of long lists. */
  async #rejectPage(id: number, after: number): Promise<RejectedLine[]> {
    await this.#reading.enter();
    try {
      return await this.files.rejects(id, { after, limit: rejectsPerPage });
    } finally {
      this.#reading.leave();
    }
  }

  /** A file of nothing but rejects may be large: it is sent page by page. */
  async *#rejectPages(id: number): AsyncGenerator<Buffer> {
    for (let after = -1; ;) {
      const page = await this.#rejectPage(id, after);
      if (page.length > 0) yield Buffer.concat(page.flatMap(textOf));
      if (page.length < rejectsPerPage) return;
      after = page[page.length - 1].lineNo;
    }
  }
}
