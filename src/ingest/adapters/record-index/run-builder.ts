import { UsageRecordRows } from '../../domain/tables.js';
import { compareRows, rowsInBuffer } from './record-columns.js';
import { blockRows } from './block-codec.js';
import { RunFile, RunWriter, type RunDescription } from './run-file.js';
import { sortedRows } from './sort-rows.js';
import { statSync } from 'node:fs';

/** Rows of a chunk that become a run. */
export interface BuildRun {
  readonly kind: 'build';
  readonly buffer: SharedArrayBuffer;
  readonly capacity: number;
  readonly rows: number;
  readonly path: string;
  readonly description: RunDescription;
}

/** Runs that become one; the inputs stay as they are. */
export interface MergeRuns {
  readonly kind: 'merge';
  readonly inputs: readonly string[];
  readonly path: string;
  readonly description: RunDescription;
}

export type RunOrder = BuildRun | MergeRuns;

/** Sorts the rows of a chunk into a file. */
export const buildRun = ({ buffer, capacity, rows: count, path, description }: BuildRun): void => {
  const rows = rowsInBuffer(buffer, capacity);
  rows.length = count;
  const writer = new RunWriter(path, description);
  for (const row of sortedRows(rows)) writer.add(rows, row);
  writer.finish();
};

/** A run read from its first row to its last. */
class RisingRows {
  readonly rows: UsageRecordRows = new UsageRecordRows(blockRows);
  at = 0;
  #block = 0;

  constructor(private readonly run: RunFile) {
    run.readBlock(0, this.rows);
  }

  next(): boolean {
    if (++this.at < this.rows.length) return true;
    if (++this.#block >= this.run.trailer.blocks) return false;
    this.run.readBlock(this.#block, this.rows);
    this.at = 0;
    return true;
  }
}

const rowsPerTurn = 8192;

/** Merges runs into a new one, a piece at a time: between pieces the caller may do other work. */
export function* mergeRuns({ inputs, path, description }: MergeRuns): Generator<void> {
  const files = inputs.map((input) => new RunFile(input, statSync(input).size));
  try {
    const open = files.map((file) => new RisingRows(file)).sort(compareRows);
    const writer = new RunWriter(path, description);
    for (let rows = 0; open.length > 0; rows++) {
      const [least] = open;
      writer.add(least.rows, least.at);
      if (least.next()) sink(open);
      else open.shift();
      if (rows % rowsPerTurn === rowsPerTurn - 1) yield;
    }
    writer.finish();
  } finally {
    for (const file of files) file.close();
  }
}

/** Moves the first one to its place among those behind it, which are in order. */
const sink = (open: RisingRows[]): void => {
  const moved = open[0];
  let at = 0;
  while (at + 1 < open.length && compareRows(moved, open[at + 1]) > 0) {
    open[at] = open[at + 1];
    at++;
  }
  open[at] = moved;
};
