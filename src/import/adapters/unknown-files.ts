import { cutName } from '../../platform/files/file-names.js';
import type { DoneFile } from '../../platform/files/done-files.js';
import { defaultFeed, inodeOf } from '../queued-file.js';

/** A file as the store has it. */
export interface StoredFile {
  readonly id: number;
  readonly name: string;
  readonly feed: string;
  /** The stamp it was registered with. */
  readonly inode: string;
  /** When it was registered, and at the end of what was read of it. */
  readonly bytes: number;
  readonly bytesRead: number;
}

const largestId = 2 ** 31 - 1;

/** Numbers at the end of a name, which may be the id of a file whose name was taken in done/. */
const idsIn = (name: string): number[] => {
  const [, before, last] = /(?:\.(\d{1,10}))?\.(\d{1,10})$/.exec(name) ?? [];
  return [before, last].flatMap((text) => (text === undefined ? [] : [Number(text)]));
};

/** What to ask the store for, to know whether it has these files. */
export const askedOf = (
  files: readonly DoneFile[],
): { readonly names: string[]; readonly ids: number[] } => ({
  names: files.map(({ name }) => name),
  ids: files.flatMap(({ name }) => idsIn(name)).filter((id) => id > 0 && id <= largestId),
});

const hasName = ({ id, name }: StoredFile, doneName: string): boolean => {
  if (doneName === name) return true;
  const [ending] = new RegExp(`\\.${id}(?:\\.\\d+)?$`).exec(doneName) ?? [];
  return ending !== undefined && cutName(name, ending.length) + ending === doneName;
};

/** The feed's name, or that with a number behind it when a file of done/ has it. */
const isOfFeed = ({ feed }: StoredFile, folder: string): boolean =>
  feed === defaultFeed ? folder === '' : folder === feed || /\.feed\d*$/.test(folder);

/** The same file, or a copy of it, as after both folders moved to another machine. */
const isSame = (stored: StoredFile, file: DoneFile): boolean =>
  hasName(stored, file.name) &&
  (inodeOf(stored.inode) === file.inode ||
    (isOfFeed(stored, file.folder) && [stored.bytes, stored.bytesRead].includes(file.bytes)));

/** Those of the files in done/ that the store does not have; `stored`: what was asked for. */
export const unknownFiles = (
  files: readonly DoneFile[],
  stored: readonly StoredFile[],
): DoneFile[] => {
  const byName = new Map<string, StoredFile[]>();
  for (const one of stored) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  const byId = new Map(stored.map((file) => [file.id, file]));
  return files.filter((file) => {
    const ofIds = idsIn(file.name).map((id) => byId.get(id));
    const candidates = [...(byName.get(file.name) ?? []), ...ofIds];
    return !candidates.some((one) => one !== undefined && isSame(one, file));
  });
};
