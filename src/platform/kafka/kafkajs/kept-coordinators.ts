import Cluster from 'kafkajs/src/cluster/index.js';

type Find = Cluster['findGroupCoordinatorMetadata'];
type Wanted = Parameters<Find>[0];
type Found = ReturnType<Find>;

/** So long a coordinator that moved is still asked; it says that it is none any more. */
const keptMs = 1000;

/** Finds a coordinator, or answers what the same client found a moment ago. */
export const keeping = (find: Find, nowMs: () => number): Find => {
  const byClient = new WeakMap<Cluster, Map<string, { found: Found; untilMs: number }>>();
  return function (this: Cluster, wanted: Wanted): Found {
    const kept = byClient.get(this) ?? new Map<string, { found: Found; untilMs: number }>();
    byClient.set(this, kept);
    const key = `${wanted.coordinatorType} ${wanted.groupId}`;
    const known = kept.get(key);
    if (known !== undefined && nowMs() < known.untilMs) return known.found;
    const found = find.call(this, wanted);
    kept.set(key, { found, untilMs: nowMs() + keptMs });
    found.catch(() => kept.delete(key));
    return found;
  };
};

const find = Cluster.prototype.findGroupCoordinatorMetadata;

/**
 * Clients of kafkajs 2.2.4 (the version is pinned) ask who coordinates before each step of a
 * transaction: four requests of nine. Without them a message was there 67 ms after the rename of
 * its file instead of 80 ms, beside 1,000 records a second.
 */
export const keepCoordinators = (): void => {
  Cluster.prototype.findGroupCoordinatorMetadata = keeping(find, () => performance.now());
};
