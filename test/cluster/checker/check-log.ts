import type { Findings } from './findings.js';
import { identity } from './ledger.js';
import type { LoggedRecord, LogEvent } from './log-event.js';
import { linesOf, recordOfLine } from './input.js';
import type { DroppedFile, StoredFile, World } from './world.js';

export interface ReadLog {
  /** Per partition, in its order. */
  readonly events: readonly { readonly offset: number; readonly event: LogEvent }[][];
}

const place = ({ fileId, lineNo }: { fileId: number; lineNo: number }): string =>
  `${fileId}:${lineNo}`;

const nameOf = (file: { readonly feed: string; readonly name: string }): string =>
  `${file.feed}/${file.name}`;

/** Each dropped file with the id it was given; a file without one, or with two, is a finding. */
const idsOf = (world: World, findings: Findings): Map<DroppedFile, StoredFile> => {
  const law = 'a dropped file is imported once and done';
  const byName = new Map<string, StoredFile[]>();
  for (const file of world.files) {
    byName.set(nameOf(file), [...(byName.get(nameOf(file)) ?? []), file]);
  }
  const ids = new Map<DroppedFile, StoredFile>();
  for (const dropped of world.dropped) {
    const found = byName.get(nameOf(dropped)) ?? [];
    if (found.length !== 1) findings.add(law, nameOf(dropped), `known ${found.length} times`);
    else if (!found[0].isDone) findings.add(law, nameOf(dropped), 'not done');
    if (found.length > 0) ids.set(dropped, found[0]);
    byName.delete(nameOf(dropped));
  }
  for (const name of byName.keys()) findings.add(law, name, 'nobody dropped it');
  return ids;
};

const loggedLines = (log: ReadLog): Map<string, LoggedRecord[]> => {
  const logged = new Map<string, LoggedRecord[]>();
  for (const { event } of log.events.flat()) {
    if (event.type !== 'record' || event.record.fileId === 0) continue;
    const key = place(event.record);
    logged.set(key, [...(logged.get(key) ?? []), event.record]);
  }
  return logged;
};

/** How often each line was refused before the log. */
const refusedLines = (world: World): Map<string, number> => {
  const refused = new Map<string, number>();
  for (const letter of world.deadLetters) {
    if (letter.offset >= 0 || letter.fileId === 0) continue;
    refused.set(place(letter), (refused.get(place(letter)) ?? 0) + 1);
  }
  return refused;
};

/**
 * Log against files: every line of every file is in the log exactly once, with what the line
 * says, or refused by the import exactly once; and nothing else of files is in the log.
 */
export const checkLogAgainstFiles = (world: World, log: ReadLog, findings: Findings): void => {
  const once = 'a line is in the log once, or refused once';
  const logged = loggedLines(log);
  const refused = refusedLines(world);
  for (const [{ name, feed, text }, { id: fileId, lines: imported }] of idsOf(world, findings)) {
    const lines = linesOf(text);
    findings.same('a file has as many lines as it has', `${feed}/${name}`, [
      imported,
      lines.length,
    ]);
    lines.forEach((line, at) => {
      const key = place({ fileId, lineNo: at + 1 });
      const where = `${feed}/${name} line ${at + 1}`;
      const record = recordOfLine(line, feed);
      const found = logged.get(key) ?? [];
      const times = [found.length, refused.get(key) ?? 0];
      findings.same(once, where, [times, record === undefined ? [0, 1] : [1, 0]]);
      if (record !== undefined && found.length > 0) {
        const { recordedBytes, isUnterminated } = found[0];
        const said = [identity(found[0]), recordedBytes, isUnterminated];
        const isCut = at === lines.length - 1 && !/[\r\n]$/.test(text);
        const law = 'a record in the log is what its line says';
        findings.same(law, where, [said, [identity(record), record.recordedBytes, isCut]]);
      }
      logged.delete(key);
      refused.delete(key);
    });
  }
  for (const key of logged.keys()) findings.add(once, key, 'in the log, but in no dropped file');
  for (const key of refused.keys()) findings.add(once, key, 'refused, but in no dropped file');
};

/**
 * What the importer says of feeds goes to every partition, in the same order. Each partition's
 * owner tells it alone of the topic's feed, and of feeds that fell silent.
 */
export const checkFeeds = (log: ReadLog, findings: Findings): void => {
  const said = log.events.map((events) =>
    events.flatMap(({ event }) =>
      event.type === 'feed' && event.progress.feed !== 'topic' && event.progress.status !== 'idle'
        ? [JSON.stringify({ ...event.progress, stampMs: undefined })]
        : [],
    ),
  );
  said.forEach((words, partition) => {
    const other = said[0].findIndex((word, at) => word !== words[at]);
    const at = other < 0 ? said[0].length : other;
    findings.same('every partition is told the same of feeds', `partition ${partition}, ${at}`, [
      words[at],
      said[0][at],
    ]);
  });
};
