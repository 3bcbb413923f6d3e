import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the figures were measured on, one line each. */
export const machineLines = (): string[] => {
  const [cpu] = cpus();
  return [
    `- CPU: ${cpu?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`,
    `- Memory: ${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `- System: ${type()} ${release()}`,
    `- Node ${process.versions.node}, time zone data ${process.versions.tz ?? 'none'}`,
  ];
};

/** VmRSS (now) or VmHWM (the most there was) of a process in bytes; undefined off Linux. */
export const memoryOf = (pid: number, field: 'VmRSS' | 'VmHWM'): number | undefined => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kib = new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
};

/** Processor time of a process so far in seconds, in steps of 10 ms; NaN off Linux. */
export const cpuSecondsOf = (pid: number): number => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100; // user and system, in ticks
  } catch {
    return NaN;
  }
};

/** Time of all processors so far in ms, and how much of it was idle. */
const processorTime = (): { readonly all: number; readonly idle: number } => {
  const times = cpus().map(({ times: of }) => ({ ...of }));
  const all = times.reduce((sum, t) => sum + t.user + t.nice + t.sys + t.irq + t.idle, 0);
  return { all, idle: times.reduce((sum, t) => sum + t.idle, 0) };
};

const quietShare = 0.85;
const lookMs = 2000;

/**
 * Waits until the processors were idle for two seconds: servers go on writing what the run before
 * left them. Answers false when they were not within the time; the figure behind it tells less.
 */
export const quiet = async (withinMs = 120_000): Promise<boolean> => {
  for (const endMs = performance.now() + withinMs; performance.now() < endMs;) {
    const before = processorTime();
    await sleep(lookMs);
    const now = processorTime();
    if ((now.idle - before.idle) / (now.all - before.all) > quietShare) return true;
  }
  console.log('the machine is not quiet: something else runs on it');
  return false;
};
