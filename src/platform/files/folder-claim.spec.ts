import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderClaim, folderClaimFile } from './folder-claim.js';

let root: string;
const lost: unknown[] = [];
const claims: FolderClaim[] = [];

const claimOf = (store: string): FolderClaim => {
  const claim = new FolderClaim(root, store, (cause) => lost.push(cause));
  claims.push(claim);
  return claim;
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'overage-folder-'));
});

afterEach(async () => {
  await Promise.all(claims.splice(0).map((claim) => claim.release(false)));
  rmSync(root, { recursive: true, force: true });
});

it('a second store is refused while the first imports, and leaves nothing', async () => {
  await claimOf('a').take();
  const refused = claimOf('b').take();
  await expect(refused).rejects.toMatchObject({ code: 'INCOMING_DIR_IN_USE', reaction: 'Fatal' });
  expect(readdirSync(root)).toEqual([folderClaimFile]);
});

it('a store that ended leaves the folder to others at once', async () => {
  const first = claimOf('a');
  await first.take();
  await first.release(true);
  await claimOf('b').take();
  await expect(claimOf('a').take()).rejects.toMatchObject({ code: 'INCOMING_DIR_IN_USE' });
});

it('a claim of the dead keeps out others for a while, never its own store', async () => {
  await claimOf('a').take();
  await claimOf('a').take();
  await expect(claimOf('b').take()).rejects.toMatchObject({ code: 'INCOMING_DIR_IN_USE' });
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(join(root, folderClaimFile), longAgo, longAgo);
  await claimOf('b').take();
});

it('who ends does not take away the claim of another', async () => {
  const first = claimOf('a');
  await first.take();
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(join(root, folderClaimFile), longAgo, longAgo);
  await claimOf('b').take();
  await first.release(true);
  await expect(claimOf('a').take()).rejects.toMatchObject({ code: 'INCOMING_DIR_IN_USE' });
});

describe('a folder in a folder that is imported', () => {
  const inFolder = (store: string, ...parts: readonly string[]): FolderClaim => {
    const claim = new FolderClaim(join(root, ...parts), store, (cause) => lost.push(cause));
    claims.push(claim);
    return claim;
  };
  const refused = { code: 'INCOMING_DIR_IN_USE', reaction: 'Fatal' };

  it.each([['north'], ['north', 'deeper'], ['done']])('is refused: %s %s', async (...parts) => {
    await inFolder('a').take();
    await expect(inFolder('b', ...parts).take()).rejects.toMatchObject(refused);
    await expect(inFolder('a', ...parts).take()).rejects.toMatchObject(refused);
  });

  it('is refused through a link, too', async () => {
    await inFolder('a').take();
    mkdirSync(join(root, 'north'));
    const elsewhere = mkdtempSync(join(tmpdir(), 'overage-link-'));
    symlinkSync(join(root, 'north'), join(elsewhere, 'in'));
    const claim = new FolderClaim(join(elsewhere, 'in'), 'b', () => undefined);
    await expect(claim.take()).rejects.toMatchObject(refused);
    rmSync(elsewhere, { recursive: true });
  });

  it('keeps out who comes later with the one around it', async () => {
    await inFolder('b', 'north').take();
    await expect(inFolder('a').take()).rejects.toMatchObject(refused);
  });

  it('does not matter to one beside it, nor once it is not imported any more', async () => {
    const north = inFolder('a', 'north');
    await north.take();
    await inFolder('b', 'south').take();
    await north.release(true);
    await claims.pop()?.release(true);
    await inFolder('c').take();
  });
});
