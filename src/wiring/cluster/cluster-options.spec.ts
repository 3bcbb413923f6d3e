import { mkdtempSync, rmSync, writeFileSync, readFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cassandraOptions, kafkaOptions } from './cluster-options.js';
import { loadSettings, type Environment, type Settings } from '../../config/index.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'overage-options-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const readFile = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8') : undefined;

const settingsOf = (env: Environment): Settings => {
  const loaded = loadSettings({ STORE: 'cluster', ...env }, readFile);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.settings;
};

const fileOf = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

test('without a word about it there is neither TLS nor a log-in', () => {
  expect(kafkaOptions(settingsOf({}))).toEqual({
    bootstrapServers: ['127.0.0.1:9092'],
    clientId: 'overage',
  });
  expect(cassandraOptions(settingsOf({}))).toEqual({
    contactPoints: ['127.0.0.1:9042'],
    localDataCenter: 'datacenter1',
    keyspace: 'mobilecs',
  });
});

test('with TLS the certificates of brokers and nodes are always verified', () => {
  const ca = fileOf('ca.pem', 'the ca');
  const settings = settingsOf({
    KAFKA_SECURITY_PROTOCOL: 'SSL',
    KAFKA_TLS_CA_FILE: ca,
    CASSANDRA_TLS: 'on',
    CASSANDRA_TLS_CA_FILE: ca,
  });
  expect(kafkaOptions(settings).ssl).toEqual({ ca: 'the ca', rejectUnauthorized: true });
  expect(cassandraOptions(settings).tls).toEqual({ caFile: ca });
});

test('a password file is a password without the line break at its end', () => {
  const file = fileOf('password', ' two words \n');
  const settings = settingsOf({
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
    KAFKA_SASL_USERNAME: 'u',
    KAFKA_SASL_PASSWORD_FILE: file,
    CASSANDRA_USERNAME: 'c',
    CASSANDRA_PASSWORD_FILE: file,
  });
  expect(kafkaOptions(settings).sasl).toEqual({
    mechanism: 'scram-sha-256',
    username: 'u',
    password: ' two words ',
  });
  expect(cassandraOptions(settings)).toMatchObject({ username: 'c', password: ' two words ' });
});

test('a token is read again at every connect', async () => {
  const file = fileOf('token', 'first\n');
  const settings = settingsOf({
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
    KAFKA_SASL_TOKEN_FILE: file,
  });
  const { sasl } = kafkaOptions(settings);
  if (sasl?.mechanism !== 'oauthbearer') throw new Error('no token');
  expect(await sasl.oauthBearerProvider()).toEqual({ value: 'first' });
  fileOf('token', 'second\n');
  expect(await sasl.oauthBearerProvider()).toEqual({ value: 'second' });
});

test('a file that went away since the settings were read is told by its name', () => {
  const file = fileOf('password', 'p');
  const env = { CASSANDRA_USERNAME: 'c', CASSANDRA_PASSWORD_FILE: file };
  const settings = settingsOf(env);
  rmSync(file);
  expect(() => cassandraOptions(settings)).toThrow(`the file ${file} cannot be read`);
});
