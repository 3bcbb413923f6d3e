import { checkCopies, checkMessages, checkSeen } from './check-messages.js';
import {
  checkAgreements,
  checkBooks,
  checkDeadLetters,
  checkRows,
  checkSums,
  checkDataRecords,
  checkWaitingRows,
} from './check-store.js';
import { checkFeeds, checkLogAgainstFiles, type ReadLog } from './check-log.js';
import { Findings } from './findings.js';
import { Ledger } from './ledger.js';
import { LogReader, msisdnOf } from './log-event.js';
import { slotOf } from './slots.js';
import type { Finding, World } from './world.js';

const readLog = (world: World): ReadLog => {
  const reader = new LogReader(world.files);
  const events: ReadLog['events'] = Array.from({ length: world.partitions }, () => []);
  for (const message of world.log) {
    const event = reader.read(message);
    const msisdn = msisdnOf(event);
    const isHere = msisdn === undefined || slotOf(msisdn, world.partitions) === message.partition;
    // An event in a partition that is not its own is refused there.
    const judged = isHere ? event : ({ type: 'unreadable' } as const);
    events[message.partition].push({ offset: message.offset, event: judged });
  }
  for (const partition of events) partition.sort((a, b) => a.offset - b.offset);
  return { events };
};

/** Everything in the log has been processed, and every transaction has ended. */
const checkEnds = (world: World, log: ReadLog, findings: Findings): void => {
  log.events.forEach((events, partition) => {
    const position = world.positions.find((one) => one.partition === partition);
    const end = (events.at(-1)?.offset ?? -1) + 1;
    const { offset, cursor } = position ?? { offset: 0, cursor: 0 };
    const lag = offset >= end ? 0 : end - offset;
    findings.same('nothing is left to do', `partition ${partition}`, [
      { lag, cursor },
      {
        ...{ lag: 0, cursor: 0 },
      },
    ]);
  });
  for (const { topic, partition, committed, all } of world.ends) {
    findings.same('no transaction is open', `${topic} ${partition}`, [committed, all]);
  }
};

/** All that is wrong in a world; the laws in one order, the first finding first. */
export const check = (world: World): readonly Finding[] => {
  const findings = new Findings();
  const log = readLog(world);
  const ledgers = log.events.map((events) => {
    const ledger = new Ledger();
    for (const { event, offset } of events) ledger.apply(event, offset);
    return ledger;
  });
  checkEnds(world, log, findings);
  checkLogAgainstFiles(world, log, findings);
  checkFeeds(log, findings);
  checkRows(world, ledgers, findings);
  checkWaitingRows(world, findings);
  checkDataRecords(world, ledgers, findings);
  checkSums(world, ledgers, findings);
  checkMessages(world, ledgers, findings);
  checkCopies(world, findings);
  checkBooks(world, ledgers, findings);
  checkDeadLetters(world, ledgers, findings);
  checkAgreements(world, ledgers, findings);
  checkSeen(world, findings);
  return findings.all;
};

/** Throws with the first difference, how many there are, and which laws are broken. */
export const assertRight = (world: World): void => {
  const findings = check(world);
  if (findings.length === 0) return;
  const [{ law, key, detail }] = findings;
  const counts = new Map<string, number>();
  for (const one of findings) counts.set(one.law, (counts.get(one.law) ?? 0) + 1);
  const all = [...counts].map(([name, count]) => `  ${count} × ${name}`).join('\n');
  const some = findings.slice(0, 20).map((one) => `  ${one.law}: ${one.key}: ${one.detail}`);
  throw new Error(
    `${law}: ${key}: ${detail}\n${findings.length} differences:\n${all}\n${some.join('\n')}`,
  );
};
