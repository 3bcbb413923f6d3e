import { types } from 'cassandra-driver';
import { cassandraFault } from './cassandra-fault.js';

const dayMs = 86_400_000;

/** The UUID whose four words begin at `at`, as the driver takes it. */
export const uuidOfWords = (words: Uint32Array, at = 0): types.Uuid => {
  const bytes = Buffer.allocUnsafe(16);
  for (let word = 0; word < 4; word++) bytes.writeUInt32BE(words[at + word], word * 4);
  return new types.Uuid(bytes);
};

/** The UUID of a text; the text has to be one. */
export const uuidOfText = (text: string): types.Uuid => types.Uuid.fromString(text);

/** Writes the four words of a UUID as it was read into `target` from `at` on. */
export const putUuidWords = (uuid: types.Uuid, target: Uint32Array, at = 0): void => {
  const bytes = uuid.getBuffer();
  for (let word = 0; word < 4; word++) target[at + word] = bytes.readUInt32BE(word * 4);
};

/** The four words of a UUID as it was read. */
export const wordsOfUuid = (uuid: types.Uuid): Uint32Array => {
  const words = new Uint32Array(4);
  putUuidWords(uuid, words);
  return words;
};

/** The number of the UTC day an instant lies in, days since 1970-01-01. */
export const utcDayOf = (epochMs: number): number => Math.floor(epochMs / dayMs);

/** Column type `date`: the UTC day an instant lies in. */
export const dateOf = (epochMs: number): types.LocalDate => dateOfDay(utcDayOf(epochMs));

/** Column type `date` of a day's number. */
export const dateOfDay = (day: number): types.LocalDate => types.LocalDate.fromString(String(day));

/** A 64-bit number as it was read. Throws a Fault when it is beyond 2^53 - 1. */
export const numberOfLong = (value: types.Long): number => {
  const number = value.toNumber();
  if (Number.isSafeInteger(number)) return number;
  throw cassandraFault('CASSANDRA_VALUE_OUT_OF_RANGE', `${value.toString()} is beyond 2^53 - 1`);
};

/** Turns the 64-bit numbers of a row into numbers, in place. */
export const withNumbers = (row: types.Row): types.Row => {
  for (const name of Object.keys(row)) {
    const value: unknown = row[name];
    if (types.Long.isLong(value)) row[name] = numberOfLong(value);
  }
  return row;
};

/** A UUID as it is read. */
export type CassandraUuid = types.Uuid;

/** Values of several clustering columns, as `(a, b) IN ?` takes them. */
export const tupleOf = (...values: unknown[]): types.Tuple => new types.Tuple(...values);
