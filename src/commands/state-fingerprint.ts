import { createHash } from 'node:crypto';
import { countedBytes, usageApplication, type UsageState } from '../billing-window/index.js';
import type { Snapshot } from '../streaming/index.js';

/** Equal for states that give equal results only. */
export const fingerprintOf = (state: UsageState): string => {
  const hash = createHash('sha256');
  for (const chunk of countedBytes(state)) hash.update(chunk);
  return hash.digest('hex');
};

/** The fingerprint of the state that a restore from the snapshot gives. */
export const snapshotFingerprint = async (snapshot: Snapshot): Promise<string> =>
  fingerprintOf(await usageApplication.load(snapshot.chunks()));
