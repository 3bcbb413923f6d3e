import { join } from 'node:path';
import { root } from '../architecture/sources.js';

interface Settings {
  readonly folder: string;
  readonly kafkaPort: number;
  readonly cassandraStoragePort: number;
}

interface Scripts {
  serverProperties(of: { dataFolder: string; port: number; controllerPort: number }): string;
  cassandraYaml(of: { dataFolder: string; port: number; storagePort: number }): string;
  javaMajorOf(text: string): number | undefined;
  brokerPortsOf(answer: Buffer): number[];
  kafkaRequest(apiKey: number, apiVersion: number, body: Buffer): Buffer;
  readSettings(env: Readonly<Record<string, string>>): {
    faults: readonly string[];
    settings: Settings | undefined;
  };
}

const load = (file: string): Scripts =>
  jest.requireActual<Scripts>(join(root, 'scripts/cluster', file));

const { serverProperties } = load('kafka.mjs');
const { cassandraYaml } = load('cassandra.mjs');
const { javaMajorOf } = load('java.mjs');
const { brokerPortsOf, kafkaRequest } = load('probes.mjs');
const { readSettings } = load('settings.mjs');

const kafka = { dataFolder: '/d/kafka', port: 19092, controllerPort: 19093 };
const propertiesOf = (dataFolder: string): ReadonlyMap<string, string> =>
  new Map(
    serverProperties({ ...kafka, dataFolder })
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

test('Kafka listens on loopback only, on the ports it is given', () => {
  const properties = propertiesOf('/d/kafka');
  expect(properties.get('listeners')).toBe(
    'PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093',
  );
  expect(properties.get('controller.quorum.bootstrap.servers')).toBe('127.0.0.1:19093');
});

test('one broker is enough for a transaction', () => {
  const properties = propertiesOf('/d/kafka');
  expect(properties.get('transaction.state.log.replication.factor')).toBe('1');
  expect(properties.get('transaction.state.log.min.isr')).toBe('1');
  expect(properties.get('offsets.topic.replication.factor')).toBe('1');
});

test('Kafka forgets no record for its age and no position for a pause', () => {
  const properties = propertiesOf('/d/kafka');
  expect(properties.get('log.retention.ms')).toBe('-1');
  expect(Number(properties.get('offsets.retention.minutes'))).toBeGreaterThan(60 * 24 * 365);
});

test('Kafka takes a message stamped with the end of a period that is not over', () => {
  const forever = String(2n ** 63n - 1n);
  expect(propertiesOf('/d/kafka').get('log.message.timestamp.after.max.ms')).toBe(forever);
});

test('a folder in any language is one Java can read from a file of properties', () => {
  expect(propertiesOf('/dané/a\\b').get('log.dirs')).toBe('/dan\\u00e9/a\\\\b');
});

const yaml = cassandraYaml({ dataFolder: '/d/a "b"', port: 19042, storagePort: 17000 });

test('Cassandra acknowledges a row when its commit log is on the disk', () => {
  expect(yaml).toMatch(/^commitlog_sync: batch$/m);
});

test('Cassandra listens on loopback only, on the ports it is given', () => {
  expect(yaml).toMatch(/^listen_address: 127\.0\.0\.1$/m);
  expect(yaml).toMatch(/^rpc_address: 127\.0\.0\.1$/m);
  expect(yaml).toMatch(/^native_transport_port: 19042$/m);
  expect(yaml).toMatch(/^storage_port: 17000$/m);
  expect(yaml).toContain('seeds: "127.0.0.1:17000"');
});

test('Cassandra keeps everything below its folder, whatever the name of it', () => {
  expect(yaml).toContain('commitlog_directory: "/d/a \\"b\\"/commitlog"\n');
  expect(yaml).toContain('data_file_directories:\n  - "/d/a \\"b\\"/data"\n');
});

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['openjdk version "21" 2023-09-19', 21],
  ['java version "1.8.0_402"', 8],
  ['no Java runtime present', undefined],
])('of %s it knows the version', (text, major) => {
  expect(javaMajorOf(text)).toBe(major);
});

test('a request to Kafka begins with its own length', () => {
  const request = kafkaRequest(18, 0, Buffer.from([1, 2, 3]));
  expect(request.readInt32BE(0)).toBe(request.length - 4);
  expect(request.subarray(-3)).toEqual(Buffer.from([1, 2, 3]));
});

test('it finds the ports of brokers with and without a rack', () => {
  const broker = (id: number, port: number, rack: string | undefined): Buffer => {
    const bytes = Buffer.alloc(4 + 2 + 1 + 4 + 2);
    bytes.writeInt32BE(id, 0);
    bytes.writeInt16BE(1, 4);
    bytes.write('h', 6);
    bytes.writeInt32BE(port, 7);
    bytes.writeInt16BE(rack?.length ?? -1, 11);
    return Buffer.concat([bytes, Buffer.from(rack ?? '')]);
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
  const answer = Buffer.concat([head, broker(1, 9092, undefined), broker(2, 9192, 'r2')]);
  expect(brokerPortsOf(answer)).toEqual([9092, 9192]);
});

test('an empty variable takes its default, and an empty environment has no fault', () => {
  const { faults, settings } = readSettings({ KAFKA_PORT: '', DATA_DIR: '/d' });
  expect(faults).toEqual([]);
  expect(settings).toMatchObject({ kafkaPort: 9092, folder: '/d/cluster' });
});

test('every fault of the environment is told at once', () => {
  const { faults, settings } = readSettings({
    KAFKA_PORT: '70000',
    CASSANDRA_PORT: 'x',
    CASSANDRA_STORAGE_PORT: '9093',
    DATA_DIR: '/a,b',
  });
  expect(settings).toBeUndefined();
  expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
    'KAFKA_PORT',
    'CASSANDRA_PORT',
    'CASSANDRA_STORAGE_PORT',
    'DATA_DIR',
  ]);
});
