/**
 * How a value is kept, in memory and in a store.
 * bigint: whole number up to ±(2^53 − 1) · integer: 32 bits signed · tinyint: 0-255
 * uuid: four 32-bit words, most significant first; all zero means none
 * text: a string · blob: bytes
 */
export type ColumnKind = 'bigint' | 'integer' | 'tinyint' | 'uuid' | 'text' | 'blob';

export interface TableColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** A table of rows that are only ever added; a changed row is a further version of it. */
export interface TableSchema {
  readonly name: string;
  /** How earlier versions named it; a store that has it so is taken over. */
  readonly formerName?: string;
  readonly columns: readonly TableColumn[];
}

/** The values of one column; a uuid takes four elements a row, every other kind one. */
export type ColumnValues =
  Float64Array | Int32Array | Uint8Array | Uint32Array | readonly string[] | readonly Uint8Array[];

/** Rows of one table as columns, in the order of `schema.columns`; arrays may be longer. */
export interface ColumnBatch {
  readonly schema: TableSchema;
  readonly length: number;
  column(index: number): ColumnValues;
}

/** Twice the capacity, the old values kept: how every growing column grows. */
export const grown = <T extends Float64Array | Int32Array | Uint32Array | Uint8Array | Uint16Array>(
  values: T,
  length: number,
): T => {
  const larger = new (values.constructor as new (length: number) => T)(length);
  larger.set(values);
  return larger;
};
