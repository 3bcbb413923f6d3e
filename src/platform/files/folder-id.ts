import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../streaming/index.js';
import { pauseFor } from '../pause.js';
import { filesErrors } from './errors.js';

/** The file that holds the id of its folder. */
export const folderIdFile = '.overage-import-id';
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const tries = 20;
const retryAfterMs = 50;

const codeOf = (error: unknown): string =>
  String((error as { readonly code?: unknown } | undefined)?.code ?? '');

/**
 * The id of a folder: a UUID in a file in it, made by the first who asks. So processes that share
 * the folder, each under a path of its own, know that it is the same. Rejects with
 * INCOMING_DIR_NOT_USABLE when the folder cannot have such a file (Fatal).
 */
export const folderId = async (root: string): Promise<string> => {
  const path = join(root, folderIdFile);
  try {
    await mkdir(root, { recursive: true });
    for (let n = 0; n < tries; n++) {
      const id = await idIn(path);
      if (uuid.test(id)) return id;
      if (id === '') await make(path, root);
      // one who cannot make it at once may be in the middle of it
      else await pauseFor(retryAfterMs);
    }
  } catch (cause) {
    throw notUsable(cause instanceof Error ? cause.message : String(cause), cause);
  }
  throw notUsable(`${path} has no id; delete it while nothing imports from the folder`);
};

const notUsable = (why: string, cause?: unknown): Fault => {
  const { reaction } = filesErrors.INCOMING_DIR_NOT_USABLE;
  return new Fault('INCOMING_DIR_NOT_USABLE', reaction, why, { cause });
};

/** Its text, a blank for a file without any; nothing when there is no file. */
const idIn = async (path: string): Promise<string> => {
  try {
    return (await readFile(path, 'utf8')).trim() || ' ';
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
};

/** Puts a new id there unless one is: the file appears whole, or (without links) new. */
const make = async (path: string, root: string): Promise<void> => {
  const id = randomUUID();
  const draft = join(root, `${folderIdFile}-${id}`);
  try {
    await writeFile(draft, `${id}\n`, { flush: true });
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error)))
      throw error;
    await makeWithoutLink(path, id);
  } finally {
    await rm(draft, { force: true });
  }
};

const makeWithoutLink = async (path: string, id: string): Promise<void> => {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(`${id}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
};
