import type { Cluster } from './cluster.js';
import type { NetworkFaults } from './network.js';
import type { Fleet } from './fleet.js';
import type { VirtualTime } from './virtual-time.js';

const rates = [0, 0.004, 0.015, 0.04];
const hotCalls = [
  'kafka.endTxn',
  'kafka.endTxn',
  'kafka.produce',
  'kafka.sendPosition',
  'kafka.initProducerId',
  'kafka.fetch',
  'cassandra.write',
  'cassandra.find',
  'none',
];

/** How a network of this seed misbehaves. */
export const newNetworkFaults = (time: VirtualTime): NetworkFaults => ({
  lostRequest: time.pick(rates),
  lostAnswer: time.pick(rates),
  slow: time.pick(rates),
  hotCall: time.pick(hotCalls),
});

/** No fault from here on. */
export const calm = (faults: NetworkFaults): void => {
  Object.assign(faults, { lostRequest: 0, lostAnswer: 0, slow: 0 });
};

type Trouble = (cluster: Cluster, fleet: Fleet) => void;

const longest = { away: 4000, pause: 14_000, restart: 4000, slowMarkers: 4000 };

const troubles: readonly Trouble[] = [
  ({ time }, fleet) => fleet.killWorker(time.between(100, longest.restart)),
  ({ time }, fleet) => fleet.killWorker(time.between(100, longest.restart)),
  ({ time }, fleet) => fleet.pauseWorker(time.between(200, longest.pause)),
  ({ time }, fleet) => fleet.pauseWorker(time.between(200, longest.pause)),
  (_, fleet) => fleet.stopWorker(),
  (_, fleet) => fleet.startWorker(),
  ({ time }, fleet) => fleet.killImporter(time.between(100, longest.restart)),
  ({ time }, fleet) => fleet.pauseImporter(time.between(200, longest.pause)),
  (_, fleet) => fleet.secondImporter(),
  ({ time, kafka }) => kafka.server.away(time.between(50, longest.away)),
  ({ time, cassandra }) => cassandra.server.away(time.between(50, longest.away)),
  ({ group }) => group.rebalance(),
  ({ time, cassandra: { snapshotHeaders } }) => {
    // any may be missing: they are for speed only
    if (snapshotHeaders.length === 0) return;
    time.fire('snapshot lost');
    snapshotHeaders.splice(time.below(snapshotHeaders.length), time.between(1, 3));
  },
  ({ time, kafka }) => {
    time.fire('slow markers');
    kafka.slowestMarkerMs = time.between(50, longest.slowMarkers);
  },
];

/** Trouble after trouble until a moment; a seed knows only some kinds of it. */
export const startChaos = (cluster: Cluster, fleet: Fleet, untilMs: number): void => {
  const { time } = cluster;
  const known = troubles.filter(() => time.chance(0.6));
  const everyMs = time.between(300, 5000);
  const next = (): void => {
    if (time.nowMs > untilMs) return;
    if (known.length > 0) time.pick(known)(cluster, fleet);
    time.after(time.between(1, 2 * everyMs), next);
  };
  time.after(time.between(1, 2 * everyMs), next);
};
