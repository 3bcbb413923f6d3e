import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Effects, type Fault } from '../../src/streaming/index.js';
import { newDirectory, openEmbedded, openNoteDatabase, removeDirectory } from './embedded-setup.js';
import { EmbeddedLog } from '../../src/platform/embedded/index.js';
import { noteRowTable, notes, NoteEvents } from './note-events.js';
import { batchOf } from '../support/batch-of.js';

const blockBytes = 262_144;
const headerBytes = 3 * 4096;
const rows = 6000;

describe('a block of the store that is not what was written', () => {
  const directory = newDirectory();
  const path = `${directory}/overage.duckdb`;
  let whole: Buffer;
  beforeAll(async () => {
    const store = await openEmbedded(directory);
    const all = Array.from({ length: rows }, (_, n) => [n, randomBytes(60).toString('base64')]);
    const effects: Effects = { rows: [batchOf(noteRowTable, all)], messages: [] };
    void store.log.append(notes('a'));
    await store.log.read(0);
    await store.log.commit(effects, { offset: 1, cursor: 0 });
    await store.log.abandon();
    await store.database.close();
    whole = readFileSync(path);
  });
  afterAll(() => removeDirectory(directory));

  /** What a start and a reading of all rows find once a bit of a block is flipped. */
  const found = async (block: number): Promise<string> => {
    const bytes = Buffer.from(whole);
    bytes[headerBytes + block * blockBytes + (block * 7919 + blockBytes / 2)] ^= 1 << (block % 8);
    writeFileSync(path, bytes);
    const told = (error: Fault): string => error.code ?? error.message;
    const database = await openNoteDatabase(directory).catch(told);
    if (typeof database === 'string') return database;
    let log: EmbeddedLog<NoteEvents> | undefined;
    try {
      log = await EmbeddedLog.open(database, NoteEvents);
      const sql = 'SELECT count(*) AS n, sum(length(note)) AS length FROM note_row';
      const [{ n, length }] = await database.query(sql);
      return `${Number(n)} rows, ${Number(length)} characters`;
    } catch (error) {
      const code = told(error as Fault);
      // nothing is written any more, and the task that counts is told why
      const write = database.transaction([batchOf(noteRowTable, [[rows, 'more']])]);
      await expect(write).rejects.toMatchObject({ code });
      if (log) await expect(log.read(1)).rejects.toMatchObject({ code, reaction: 'StateCorrupt' });
      return code;
    } finally {
      await log?.abandon();
      await database.close();
    }
  };

  it('is told, whichever it is: at the start or by the reading that meets it', async () => {
    const blocks = Math.floor((whole.length - headerBytes) / blockBytes);
    const outcomes: string[] = [];
    for (let block = 0; block < blocks; block++) outcomes.push(await found(block));
    expect(outcomes).toContain('STORE_DAMAGED');
    const right = [`${rows} rows, ${rows * 80} characters`, 'STORE_DAMAGED', 'STORE_UNREADABLE'];
    expect(outcomes.filter((outcome) => !right.includes(outcome))).toEqual([]);
  });
});
