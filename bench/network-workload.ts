import { closeSync, openSync, writeSync } from 'node:fs';
import { workloadMsisdn } from '../src/generator/index.js';

const hourMs = 3_600_000;

/**
 * Lines as a network delivers them. However many subscribers they are of, there are 15 million in
 * twelve hours: what a network of a million subscribers writes.
 */
export interface NetworkWorkload {
  readonly subscribers: number;
  /** Of the lines, in [0, 1]: those that come later than their time. */
  readonly delayedShare: number;
  /** They come up to so much later, evenly. */
  readonly delayedByHours: number;
  /** Of the files, in [0, 1]: those that are an earlier one again, under another name. */
  readonly redeliveredShare: number;
}

export const linesAFile = 1_000_000;
const startMs = Date.UTC(2020, 0, 12);
const msALine = (12 * hourMs) / 15_000_000;
const bytesAtOnce = 1 << 20;

/** Whole numbers below a bound, the same ones for the same seed (mulberry32). */
const numbersFrom = (seed: number): ((below: number) => number) => {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};

const hex = (value: number): string => value.toString(16).padStart(8, '0');

/** A line by its place: the same place gives the same line. */
const lineOf = (workload: NetworkWorkload, place: number): string => {
  const next = numbersFrom(place);
  let atMs = startMs + Math.round(place * msALine);
  if (next(1_000_000) < workload.delayedShare * 1_000_000) {
    atMs -= next(workload.delayedByHours * hourMs);
  }
  const id = `${hex(next(2 ** 32))}-0000-4000-8000-0000${hex(place)}`;
  const msisdn = workloadMsisdn(next(workload.subscribers));
  return `${id};${new Date(atMs).toISOString()}[UTC];${msisdn};${next(1 << 20)}\n`;
};

/** Which file of fresh lines stands at a place: every so many one of before comes again. */
export const fileAt = (workload: NetworkWorkload, place: number): number => {
  const every =
    workload.redeliveredShare > 0 ? Math.round(1 / workload.redeliveredShare) : Infinity;
  const freshBefore = place - Math.floor(place / every);
  return (place + 1) % every === 0 ? Math.max(0, freshBefore - every) : freshBefore;
};

/** Writes one file of fresh lines by its number. */
export const writeNetworkFile = (path: string, workload: NetworkWorkload, number: number): void => {
  const file = openSync(path, 'w');
  try {
    let text = '';
    for (let at = 0; at < linesAFile; at++) {
      text += lineOf(workload, number * linesAFile + at);
      if (text.length < bytesAtOnce) continue;
      writeSync(file, text);
      text = '';
    }
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
};
