import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

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
