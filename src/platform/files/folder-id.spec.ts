import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderId } from './folder-id.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'overage-folder-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it('all who ask at once are told the same id, and nothing else is left behind', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, () => folderId(root)));
  expect(new Set(ids).size).toBe(1);
  expect(readdirSync(root)).toEqual(['.overage-import-id']);
});

it('a folder has its id under every path, and another folder has another one', async () => {
  const path = join(root, 'incoming');
  const id = await folderId(path);
  symlinkSync(path, join(root, 'mounted'));
  expect(await folderId(join(root, 'mounted'))).toBe(id);
  expect(await folderId(join(root, 'other'))).not.toBe(id);
});

it('an id that is half written is not taken for one, and not overwritten', async () => {
  writeFileSync(join(root, '.overage-import-id'), '');
  await expect(folderId(root)).rejects.toMatchObject({ code: 'INCOMING_DIR_NOT_USABLE' });
});

it('a folder that cannot be is told', async () => {
  writeFileSync(join(root, 'file'), '');
  const asked = folderId(join(root, 'file', 'incoming'));
  await expect(asked).rejects.toMatchObject({ code: 'INCOMING_DIR_NOT_USABLE', reaction: 'Fatal' });
});
