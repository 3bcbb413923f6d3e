import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { types } from 'cassandra-driver';
import { driverOptions } from './cassandra-session.js';
import { snapshotTable, tableDdl } from './schema.js';
import { numberOfLong, putUuidWords, uuidOfText, uuidOfWords, withNumbers } from './values.js';

const options = { contactPoints: ['a:9042', 'b:9042'], localDataCenter: 'dc' };

test('certificates are verified whenever TLS is on', () => {
  expect(driverOptions(options).sslOptions).toBeUndefined();
  expect(driverOptions({ ...options, tls: {} }).sslOptions).toMatchObject({
    rejectUnauthorized: true,
  });
});

test('the files of TLS are read, and one that cannot be is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'overage-tls-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, 'certificate');
  const { sslOptions } = driverOptions({ ...options, tls: { caFile } });
  expect(String(sslOptions?.ca)).toBe('certificate');
  rmSync(folder, { recursive: true });
  expect(() => driverOptions({ ...options, tls: { caFile } })).toThrow(caFile);
});

test('reads and writes ask for a quorum of the local data center', () => {
  expect(driverOptions(options).queryOptions).toMatchObject({
    consistency: types.consistencies.localQuorum,
    serialConsistency: types.consistencies.localSerial,
    prepare: true,
    isIdempotent: true,
  });
});

test('a number beyond 2^53 - 1 is a fault, and all others are numbers', () => {
  const row = { a: types.Long.fromString('9007199254740991'), b: 'x' } as unknown as types.Row;
  expect(withNumbers(row)).toEqual({ a: 2 ** 53 - 1, b: 'x' });
  const tooLarge = types.Long.fromString('9007199254740992');
  expect(() => numberOfLong(tooLarge)).toThrow('9007199254740992 is beyond');
});

test('words and text of a UUID are the same UUID', () => {
  const words = Uint32Array.of(0, 0x01234567, 0x89abcdef, 0xfedcba98, 0x76543210);
  const text = '01234567-89ab-cdef-fedc-ba9876543210';
  expect(uuidOfWords(words, 1).toString()).toBe(text);
  const back = new Uint32Array(5);
  putUuidWords(uuidOfText(text), back, 1);
  expect(back).toEqual(words);
});

test('a table is written as DDL with its keys, order and options', () => {
  expect(tableDdl('k', { ...snapshotTable, options: ['gc_grace_seconds = 1'] })).toBe(
    'CREATE TABLE IF NOT EXISTS "k"."snapshot" ("application" text, "log_partition" int, ' +
      '"offset" bigint, "cursor" int, "snapshot_id" uuid, "format" int, "chunks" int, ' +
      '"bytes" bigint, "sha256" text, "saved_at" timestamp, ' +
      'PRIMARY KEY (("application", "log_partition"), ' +
      '"offset", "cursor", "snapshot_id")) WITH CLUSTERING ORDER BY ("offset" DESC, ' +
      '"cursor" DESC, "snapshot_id" ASC) AND gc_grace_seconds = 1',
  );
});
