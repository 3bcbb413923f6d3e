import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerId } from '../support/cluster-in-test.js';
import type { KafkaApi } from '../support/kafka-frames.js';
import { onlyNth } from '../support/kafka-proxy.js';
import type { TcpFault } from '../support/tcp-proxy.js';
import type { Feeder } from './feeder.js';
import type { Fleet, Slot } from './fleet.js';
import type { Random } from './random.js';
import type { FaultyServers } from './servers.js';

/** What faults are done to. */
export interface Stage {
  readonly fleet: Fleet;
  readonly feeder: Feeder;
  readonly servers: FaultyServers;
}

/** Faults of one lane come one after the other; lanes go side by side. */
export type LaneName = 'processes' | 'servers' | 'wires';

export interface Fault {
  readonly name: string;
  readonly lane: LaneName;
  /** Does it, and answers whether it happened. */
  readonly happen: (stage: Stage) => Promise<boolean>;
}

/** Above the session time-out of 6 s: others have taken over when the process wakes up. */
const zombieMs = 9000;
const waitMs = 20_000;
/** A process without a partition says little; a heartbeat is longer than this. */
const heartbeatBytes = 50;

/** The most one waits for the others to have got over what was done to them before. */
const restMs = 180_000;

/** The slots whose process says it is ready, once there is one; none when that takes too long. */
export const readySlots = async ({ fleet, servers }: Stage): Promise<readonly Slot[]> => {
  for (const endMs = Date.now() + restMs; Date.now() < endMs; await sleep(200)) {
    if (!servers.areThere) continue;
    const ready = await Promise.all(
      fleet.slots.map(async (slot) => (await slot.member?.request('/health/ready'))?.ok === true),
    );
    const found = fleet.slots.filter((_, at) => ready[at]);
    if (found.length > 0) return found;
  }
  return [];
};

const until = async (condition: () => boolean, stage: Stage): Promise<boolean> => {
  for (const endMs = Date.now() + waitMs; Date.now() < endMs;) {
    if (condition()) return true;
    // Without work nothing is sent, and nothing can be lost.
    stage.feeder.dropNextIfIdle();
    await sleep(20);
  }
  return condition();
};

const endAndStart = async (
  { fleet }: Stage,
  slot: Slot,
  signal: 'SIGKILL' | 'SIGTERM',
): Promise<boolean> => {
  const { member } = slot;
  if (member === undefined || member.hasEnded) await fleet.start(slot);
  slot.isWanted = false;
  const running = slot.member;
  running?.signal(signal);
  // As an orchestrator does: who has not ended after its time of grace is ended by force.
  const ending = await Promise.race([running?.ended, sleep(25_000, undefined, { ref: false })]);
  if (ending === undefined) running?.signal('SIGKILL');
  await fleet.start(slot, 15_000);
  return running?.hasEnded ?? false;
};

const slotOf = ({ fleet }: Stage, at: number): Slot => fleet.slots[at % fleet.slots.length];

const end = (signal: 'SIGKILL' | 'SIGTERM', at: number): Fault => ({
  name: `${signal} of process ${at + 1}`,
  lane: 'processes',
  happen: (stage) => endAndStart(stage, slotOf(stage, at), signal),
});

const zombie = (at: number): Fault => ({
  name: `SIGSTOP of process ${at + 1} for ${zombieMs} ms`,
  lane: 'processes',
  happen: async (stage) => {
    const slot = slotOf(stage, at);
    if (slot.member === undefined || slot.member.hasEnded) await stage.fleet.start(slot);
    const { member } = slot;
    member?.signal('SIGSTOP');
    await sleep(zombieMs);
    const wasThere = member !== undefined && !member.hasEnded;
    member?.signal('SIGCONT');
    return wasThere;
  },
});

/** 3 → 1 → 3: two leave cleanly, one carries all, two come back. */
const scale = (stays: number): Fault => ({
  name: `scale to process ${stays + 1} alone and back`,
  lane: 'processes',
  happen: async (stage) => {
    const staying = slotOf(stage, stays);
    const leaving = stage.fleet.slots.filter((slot) => slot !== staying);
    for (const slot of leaving) slot.isWanted = false;
    await Promise.all(leaving.map(async ({ member }) => member?.stop(25_000)));
    await sleep(3000);
    const wasAlone = leaving.every(({ member }) => member?.hasEnded ?? true);
    await Promise.all(leaving.map((slot) => stage.fleet.start(slot, 15_000)));
    return wasAlone;
  },
});

const server = (id: ServerId, what: 'SIGKILL' | 'SIGSTOP' | 'restart', ms = 0): Fault => ({
  name: `${what} of ${id}`,
  lane: 'servers',
  happen: ({ servers }) => {
    if (what === 'SIGKILL') return servers.kill(id);
    return what === 'restart' ? servers.restart(id) : servers.freeze(id, ms);
  },
});

/** Hits the process that was drawn, or, when that one is not up, another one. */
const wire = (id: ServerId, at: number, { fault, ms }: { fault: TcpFault; ms: number }): Fault => ({
  name: `${fault.kind} between process ${at + 1} and ${id}`,
  lane: 'wires',
  happen: async (stage) => {
    const ready = await readySlots(stage);
    const line = (ready.find((slot) => slot === slotOf(stage, at)) ?? ready[0])?.lines[id];
    if (line === undefined) return false;
    const before = line.hits;
    const isHit = (): boolean => line.hits > before;
    stage.feeder.dropNext();
    line.set(fault);
    await sleep(ms);
    let fired = await until(isHit, stage);
    if (!fired && fault.kind === 'cut') {
      line.set({ ...fault, afterBytes: heartbeatBytes });
      fired = await until(isHit, stage);
    }
    line.set({ kind: 'none' });
    return fired;
  },
});

const answer = (api: KafkaApi, how: 'reset' | 'silence'): Fault => ({
  name: `the answer of ${api} lost (${how})`,
  lane: 'wires',
  happen: async (stage) => {
    await readySlots(stage);
    const lines = stage.fleet.slots.map((slot) => slot.lines);
    const lost = (): number =>
      lines.reduce((sum, { kafkaAnswers }) => sum + kafkaAnswers.lostOf(api), 0);
    const before = lost();
    for (const { kafkaAnswers } of lines) {
      kafkaAnswers.lose({ api, isLost: onlyNth(1), how });
    }
    stage.feeder.dropNext();
    // A process that lost its connection has to begin anew, which is when this is asked.
    if (api === 'InitProducerId') for (const { kafka } of lines) breakOnce(kafka);
    const fired = await until(() => lost() > before, stage);
    for (const { kafkaAnswers } of lines) kafkaAnswers.loseNothing();
    return fired;
  },
});

const breakOnce = (line: { set: (fault: TcpFault) => void }): void => {
  line.set({ kind: 'reset' });
  line.set({ kind: 'none' });
};

const apis: readonly KafkaApi[] = [
  ...(['EndTxn', 'Produce', 'AddOffsetsToTxn', 'TxnOffsetCommit'] as const),
  ...(['InitProducerId', 'Fetch'] as const),
];

const wireFaults = (id: ServerId, random: Random): Fault[] => {
  const at = (): number => random.between(0, 2);
  const holeMs = random.pick([2000, 4000, 8000]);
  const afterBytes = random.between(100, 60_000);
  return [
    wire(id, at(), { fault: { kind: 'delay', ms: random.between(20, 300) }, ms: 2500 }),
    wire(id, at(), { fault: { kind: 'reset' }, ms: random.between(0, 1000) }),
    wire(id, at(), { fault: { kind: 'black-hole' }, ms: holeMs }),
    wire(id, at(), { fault: { kind: 'cut', afterBytes }, ms: 0 }),
  ];
};

/** 46 faults, every kind of them; seeded in what they hit, how hard and in which order. */
export const faultsOfRound = (random: Random): Fault[] => {
  const at = (): number => random.between(0, 2);
  const processes = [
    ...Array.from({ length: 6 }, () => end('SIGKILL', at())),
    ...Array.from({ length: 3 }, () => end('SIGTERM', at())),
    ...Array.from({ length: 3 }, () => zombie(at())),
    scale(at()),
  ];
  const servers = [
    ...[server('kafka', 'SIGKILL'), server('kafka', 'SIGKILL'), server('kafka', 'restart')],
    ...[server('kafka', 'SIGSTOP', 4000), server('kafka', 'SIGSTOP', 8000)],
    ...[server('cassandra', 'SIGKILL'), server('cassandra', 'restart')],
    ...[server('cassandra', 'SIGSTOP', 3000), server('cassandra', 'SIGSTOP', 8000)],
  ];
  const wires = [
    ...wireFaults('kafka', random),
    ...wireFaults('kafka', random),
    ...wireFaults('cassandra', random),
    ...apis.map((api) => answer(api, 'reset')),
    ...apis.map((api) => answer(api, random.next() < 0.3 ? 'silence' : 'reset')),
  ];
  return [processes, servers, wires].flatMap((lane) => random.shuffled(lane));
};
