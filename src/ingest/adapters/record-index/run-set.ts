import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RunCursor } from './run-cursor.js';
import { DamagedRun, RunFile, runFormat } from './run-file.js';

/** A run in use. One cursor is enough: between two rows nothing else is done. */
export interface Run {
  readonly file: RunFile;
  readonly cursor: RunCursor;
  readonly level: number;
  readonly fromVersion: number;
  readonly toVersion: number;
}

export interface RunSetOptions {
  /** Made when missing; everything in it belongs to the set. */
  readonly directory: string;
  readonly storeId: string;
  /** So many runs of one level become one of the next. */
  readonly fanOut: number;
  readonly log: (line: string) => void;
}

/** Beyond this many rows runs are not merged: the directory of one is built in memory. */
const rowsOfRunMost = 2 ** 27;

const namePattern = /^rows-(\d+)-(\d+)-(\d+)\.run$/;

interface Named {
  readonly path: string;
  readonly fromVersion: number;
  readonly toVersion: number;
  readonly level: number;
}

/** The runs of a directory: they follow each other without a gap, from version 0 on. */
export class RunSet {
  readonly #runs: Run[] = [];

  constructor(private readonly options: RunSetOptions) {
    mkdirSync(options.directory, { recursive: true });
  }

  get runs(): readonly Run[] {
    return this.#runs;
  }

  get rows(): number {
    return this.#runs.reduce((sum, { file }) => sum + file.trailer.rows, 0);
  }

  /** The first version that is in no run. */
  get end(): number {
    return this.#runs.at(-1)?.toVersion ?? 0;
  }

  /** Opens what is there and fits; all else is removed. Of two runs of one version the larger. */
  load(): void {
    const found = this.#found();
    for (;;) {
      const next = found
        .filter(({ fromVersion }) => fromVersion === this.end)
        .sort((a, b) => b.toVersion - a.toVersion)
        .find((named) => this.#open(named));
      if (next === undefined) break;
    }
    const used = new Set(this.#runs.map(({ file }) => file.path));
    const { directory } = this.options;
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      if (!used.has(path)) rmSync(path, { force: true, recursive: true });
    }
  }

  pathOf({ fromVersion, toVersion, level }: Omit<Named, 'path'>): string {
    return join(this.options.directory, `rows-${fromVersion}-${toVersion}-${level}.run`);
  }

  /** Takes a run that was built behind the others. */
  add(path: string): void {
    this.#runs.push(this.#opened(this.#named(path)));
  }

  /** The oldest runs of a level that has enough of them to be merged. */
  due(): readonly Run[] | undefined {
    for (let from = 0, to = 0; from < this.#runs.length; from = to) {
      const { level } = this.#runs[from];
      while (to < this.#runs.length && this.#runs[to].level === level) to++;
      const some = this.#runs.slice(from, Math.min(to, from + this.options.fanOut));
      const rows = some.reduce((sum, { file }) => sum + file.trailer.rows, 0);
      if (some.length === this.options.fanOut && rows <= rowsOfRunMost) return some;
    }
    return undefined;
  }

  /** The merged run takes the place of its inputs, which are removed. */
  replace(inputs: readonly Run[], path: string): void {
    const at = this.#runs.indexOf(inputs[0]);
    const merged = this.#opened(this.#named(path));
    this.#runs.splice(at, inputs.length, merged);
    for (const { file } of inputs) {
      file.close();
      rmSync(file.path, { force: true });
    }
  }

  /** Forgets and removes all. */
  clear(): void {
    this.close();
    rmSync(this.options.directory, { recursive: true, force: true });
    mkdirSync(this.options.directory, { recursive: true });
  }

  close(): void {
    for (const { file } of this.#runs.splice(0)) file.close();
  }

  #found(): Named[] {
    const names = readdirSync(this.options.directory).filter((name) => namePattern.test(name));
    return names.map((name) => this.#named(join(this.options.directory, name)));
  }

  #named(path: string): Named {
    const [, from, to, level] = namePattern.exec(path.slice(path.lastIndexOf('rows-'))) ?? [];
    return { path, fromVersion: Number(from), toVersion: Number(to), level: Number(level) };
  }

  #open(named: Named): boolean {
    try {
      this.#runs.push(this.#opened(named));
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.options.log(`index of rows: ${why}; what it held is read from the store again`);
      return false;
    }
  }

  #opened({ path, level, fromVersion, toVersion }: Named): Run {
    const file = new RunFile(path, statSync(path).size);
    const { format, storeId, ...is } = file.trailer;
    const isOurs = format === runFormat && storeId === this.options.storeId;
    if (isOurs && is.fromVersion === fromVersion && is.toVersion === toVersion) {
      return { file, cursor: new RunCursor(file), level, fromVersion, toVersion };
    }
    file.close();
    throw new DamagedRun(`${path} is of another store or format`);
  }
}
