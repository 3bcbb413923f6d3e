import {
  grown,
  type ColumnBatch,
  type ColumnKind,
  type ColumnValues,
  type TableSchema,
} from './rows.js';

/** The array that holds the values of a column, by kind; a uuid takes four elements a row. */
export interface ArrayOfKind {
  bigint: Float64Array;
  integer: Int32Array;
  tinyint: Uint8Array;
  uuid: Uint32Array;
  text: string[];
  blob: Uint8Array[];
}

/** Columns by the property that holds them in memory: name in a table, and kind. */
export type DeclaredColumns = Readonly<Record<string, readonly [name: string, kind: ColumnKind]>>;

/** The arrays of declared columns, by property. */
export type ColumnArrays<D extends DeclaredColumns> = {
  readonly [P in keyof D]: ArrayOfKind[D[P][1]];
};

/** A class of rows with declared columns. */
export interface ColumnsClass<D extends DeclaredColumns> {
  readonly schema: TableSchema;
  /** With room for so many rows, or those of a batch of the same columns: its arrays are taken. */
  new (rows?: number | ColumnBatch): ColumnRows & ColumnArrays<D>;
}

/** Where a column is kept: its property, its kind, and its place among those of its kind. */
interface ColumnPlace {
  readonly property: string;
  readonly kind: ColumnKind;
  readonly at: number;
}

type ArraysByKind = { readonly [K in ColumnKind]: ArrayOfKind[K][] };

const noBytes = new Uint8Array(0);

const newArray: { readonly [K in ColumnKind]: (rows: number) => ArrayOfKind[K] } = {
  bigint: (rows) => new Float64Array(rows),
  integer: (rows) => new Int32Array(rows),
  tinyint: (rows) => new Uint8Array(rows),
  uuid: (rows) => new Uint32Array(rows * 4),
  text: () => [],
  blob: () => [],
};

const withRoom = (values: ColumnValues, kind: ColumnKind, rows: number): ColumnValues => {
  if (kind === 'text' || kind === 'blob') return values; // they grow by themselves
  return grown(values as Float64Array, kind === 'uuid' ? rows * 4 : rows);
};

/** A cell that was never set is a hole; most texts of some tables are: they cost no memory so. */
const withoutHoles = <V>(values: readonly (V | undefined)[], length: number, empty: V): V[] => {
  const all = new Array<V>(length).fill(empty);
  values.forEach((value, row) => {
    if (row < length && value !== undefined) all[row] = value;
  });
  return all;
};

/** Values [from, to) of one array over those of another from a place on. */
const copyRun = (
  [source, from, to]: readonly [source: ColumnValues, from: number, to: number],
  target: ColumnValues,
  at: number,
): void => {
  if (ArrayBuffer.isView(source)) {
    (target as Float64Array).set((source as Float64Array).subarray(from, to), at);
    return;
  }
  (source as string[]).forEach((value, row) => {
    if (row >= from && row < to) (target as string[])[at + row - from] = value;
  });
};

/**
 * Rows as columns: arrays under the names they were declared with, which may be longer than
 * `length`. All that needs no column by its name (growing, copying, stores) is here, once; it goes
 * through arrays of one kind at a time, which is as fast as code that names each of them.
 */
export abstract class ColumnRows implements ColumnBatch {
  /** May be set back, to use the arrays again, where no column is a text or a blob. */
  length = 0;
  readonly #places: readonly ColumnPlace[];
  readonly #arrays: ArraysByKind;
  #capacity: number;

  protected constructor(
    readonly schema: TableSchema,
    places: readonly ColumnPlace[],
    rows: number | ColumnBatch,
  ) {
    this.#places = places;
    this.#arrays = { bigint: [], integer: [], tinyint: [], uuid: [], text: [], blob: [] };
    if (typeof rows === 'number') {
      this.#capacity = Math.max(1, rows);
      for (const place of places) this.#put(place, newArray[place.kind](this.#capacity));
    } else {
      this.#capacity = rows.length;
      this.length = rows.length;
      places.forEach((place, index) => this.#put(place, rows.column(index)));
    }
  }

  /** So many rows have room in the arrays. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Texts and blobs come as a copy: one that was not set is empty, in memory it is undefined. */
  column(index: number): ColumnValues {
    const place = this.#places[index];
    const values = this.#of(place);
    if (place.kind === 'text') return withoutHoles(values as string[], this.length, '');
    if (place.kind === 'blob') return withoutHoles(values as Uint8Array[], this.length, noBytes);
    return values;
  }

  /** Room for one more row at `length`, which is answered: a hot writer fills columns itself. */
  reserve(): number {
    if (this.length === this.#capacity) this.grow(Math.max(16, this.length * 2));
    return this.length;
  }

  /** Makes room for so many rows, in new arrays. */
  grow(capacity: number): void {
    for (const place of this.#places) {
      this.#put(place, withRoom(this.#of(place), place.kind, capacity));
    }
    this.#capacity = capacity;
  }

  /** Adds a row of others with the same columns behind these. */
  copyRow(others: ColumnRows, row: number): void {
    const to = this.reserve();
    const { bigint, integer, tinyint, uuid, text, blob } = this.#arrays;
    const from = others.#arrays;
    for (let c = 0; c < bigint.length; c++) bigint[c][to] = from.bigint[c][row];
    for (let c = 0; c < integer.length; c++) integer[c][to] = from.integer[c][row];
    for (let c = 0; c < tinyint.length; c++) tinyint[c][to] = from.tinyint[c][row];
    for (let c = 0; c < uuid.length; c++) copyWords(from.uuid[c], row * 4, uuid[c], to * 4);
    for (let c = 0; c < text.length; c++) copyCell(from.text[c], row, text[c], to);
    for (let c = 0; c < blob.length; c++) copyCell(from.blob[c], row, blob[c], to);
    this.length = to + 1;
  }

  /** Adds all rows of others with the same columns behind these. */
  pushAll(others: this): void {
    this.copyRows(others);
  }

  /** Adds rows [from, to) of others with the same columns behind these. */
  copyRows(others: ColumnRows, from = 0, to = others.length): void {
    const at = this.length;
    const length = at + to - from;
    if (length > this.#capacity) this.grow(Math.max(length, this.#capacity * 2));
    for (const place of this.#places) {
      const width = place.kind === 'uuid' ? 4 : 1;
      const run = [others.#of(place), from * width, to * width] as const;
      copyRun(run, this.#of(place), at * width);
    }
    this.length = length;
  }

  #of({ kind, at }: ColumnPlace): ColumnValues {
    return this.#arrays[kind][at];
  }

  #put({ property, kind, at }: ColumnPlace, values: ColumnValues): void {
    (this.#arrays[kind] as ColumnValues[])[at] = values;
    (this as unknown as Record<string, ColumnValues>)[property] = values;
  }
}

/** The four words of a uuid. */
/* eslint-disable @typescript-eslint/max-params -- two places, on the hottest path */
export const copyWords = (
  from: ArrayLike<number>,
  at: number,
  to: Uint32Array,
  toAt: number,
): void => {
  to[toAt] = from[at];
  to[toAt + 1] = from[at + 1];
  to[toAt + 2] = from[at + 2];
  to[toAt + 3] = from[at + 3];
};

/** What was never set stays so. */
const copyCell = <V>(from: readonly (V | undefined)[], at: number, to: V[], toAt: number): void => {
  const value = from[at];
  if (value !== undefined) to[toAt] = value;
};
/* eslint-enable @typescript-eslint/max-params */

/** Throws when a column is declared under the name of something that all rows have. */
const placesOf = (declared: DeclaredColumns): ColumnPlace[] => {
  const counts = new Map<ColumnKind, number>();
  return Object.entries(declared).map(([property, [, kind]]) => {
    if (property in ColumnRows.prototype || ['length', 'schema'].includes(property)) {
      throw new Error(`a column cannot be kept as ${property}: all rows have that`);
    }
    const at = counts.get(kind) ?? 0;
    counts.set(kind, at + 1);
    return { property, kind, at };
  });
};

/**
 * Declares the columns of a table, once: for rows in memory, for its schema, and for all that
 * reads and writes it.
 *
 *     class Usages extends columns('usage', { msisdns: ['msisdn', 'bigint'] }) {}
 */
export const columns = <const D extends DeclaredColumns>(
  table: string | Omit<TableSchema, 'columns'>,
  declared: D,
): ColumnsClass<D> => {
  const named = typeof table === 'string' ? { name: table } : table;
  const schema: TableSchema = {
    ...named,
    columns: Object.values(declared).map(([name, kind]) => ({ name, kind })),
  };
  const places = placesOf(declared);
  return class extends ColumnRows {
    static readonly schema = schema;
    constructor(rows: number | ColumnBatch = 16) {
      super(schema, places, rows);
    }
  } as unknown as ColumnsClass<D>;
};

/** A class of columns by what it makes. */
interface RowsClass<R extends ColumnRows> {
  readonly schema: TableSchema;
  new (rows?: number | ColumnBatch): R;
}

/** The properties of rows that hold their columns. */
type ColumnOf<R> = Exclude<
  { [P in keyof R]: R[P] extends ColumnArray ? P : never }[keyof R],
  keyof ColumnRows
>;
type ColumnArray = ArrayOfKind[ColumnKind];

/** A value of a column as it is given: a uuid as its four words. */
type ValueOf<A> = A extends Uint32Array
  ? ArrayLike<number>
  : A extends readonly (infer V)[]
    ? V
    : number;

/** Of the batches those of one table, by the names of its columns. */
export const rowsIn = <R extends ColumnRows>(
  rows: RowsClass<R>,
  batches: readonly ColumnBatch[],
): R[] =>
  batches
    .filter(({ schema }) => schema.name === rows.schema.name)
    .map((batch) => (batch instanceof rows ? batch : new rows(batch)));

/** A row for each item, its columns by what an item says: for tables that get few rows. */
export const rowsFrom = <R extends ColumnRows, T>(
  rows: RowsClass<R>,
  items: readonly T[],
  values: { readonly [P in ColumnOf<R>]: (item: T, at: number) => ValueOf<R[P]> },
): R => {
  const made = new rows(items.length);
  for (const [property, valueOf] of Object.entries(values)) {
    fill(
      made[property as ColumnOf<R>] as ColumnArray,
      items,
      valueOf as (...of: [T, number]) => unknown,
    );
  }
  made.length = items.length;
  return made;
};

const fill = <T>(
  column: ColumnArray,
  items: readonly T[],
  valueOf: (item: T, at: number) => unknown,
): void => {
  if (column instanceof Uint32Array) {
    items.forEach((item, at) => {
      copyWords(valueOf(item, at) as ArrayLike<number>, 0, column, at * 4);
    });
  } else {
    items.forEach((item, at) => (column[at] = valueOf(item, at) as never));
  }
};

type FixedKind = Exclude<ColumnKind, 'text' | 'blob'>;
type ViewOf = readonly [buffer: ArrayBufferLike, at: number, rows: number];

/** Widest elements first, so that each array begins where its elements may lie. */
const views: readonly (readonly [FixedKind, bytes: number, (...of: ViewOf) => ColumnValues])[] = [
  ['bigint', 8, (buffer, at, rows) => new Float64Array(buffer, at, rows)],
  ['uuid', 16, (buffer, at, rows) => new Uint32Array(buffer, at, rows * 4)],
  ['integer', 4, (buffer, at, rows) => new Int32Array(buffer, at, rows)],
  ['tinyint', 1, (buffer, at, rows) => new Uint8Array(buffer, at, rows)],
];

/** What the columns of a schema without texts and blobs take in a buffer, bytes a row. */
export const bytesPerRow = ({ columns: all }: TableSchema): number =>
  all.reduce((sum, { kind }) => sum + (views.find(([each]) => each === kind)?.[1] ?? NaN), 0);

/** Such columns in a buffer of `bytesPerRow` a row; in a shared one a worker reads them as well. */
export const columnsIn = (
  schema: TableSchema,
  buffer: ArrayBufferLike,
  capacity: number,
): ColumnBatch => {
  const values = new Map<number, ColumnValues>();
  let at = 0;
  for (const [kind, bytes, view] of views) {
    schema.columns.forEach((column, index) => {
      if (column.kind !== kind) return;
      values.set(index, view(buffer, at, capacity));
      at += bytes * capacity;
    });
  }
  return { schema, length: capacity, column: (index) => values.get(index) as ColumnValues };
};
