import { createHash } from 'node:crypto';
import { usageApplication, type UsageState } from '../billing-window/index.js';
import type { Snapshot } from '../streaming/index.js';

/** Equal for equal states only. */
export const fingerprintOf = (state: UsageState): string => {
  const hash = createHash('sha256');
  for (const chunk of usageApplication.save(state)) hash.update(chunk);
  return hash.digest('hex');
};

/** The fingerprint of the state that a restore from the snapshot gives. */
export const snapshotFingerprint = async (snapshot: Snapshot): Promise<string> =>
  fingerprintOf(await usageApplication.load(snapshot.chunks()));
