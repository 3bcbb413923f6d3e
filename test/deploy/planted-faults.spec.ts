import {
  composeIn,
  documentsIn,
  read,
  type Compose,
  type Manifest,
} from './support/deployed-files.js';
import {
  faultsOfDockerfile,
  faultsOfPods,
  faultsOfServices,
  faultsOfSettings,
  hasPrivateKey,
  secretsIn,
  undeclaredNames,
} from './support/rules.js';
import { faultsOfCompose, faultsOfKind } from './support/schemas.js';

/** The text with one place changed; the change must be one. */
const planted = (path: string, from: string | RegExp, to: string): string => {
  const text = read(path);
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return changed;
};

const ingest = 'deploy/kubernetes/base/ingest.yaml';
const kafka = 'deploy/kubernetes/operators/kafka.yaml';
const cassandra = 'deploy/kubernetes/operators/cassandra.yaml';
const scaled = 'deploy/kubernetes/autoscaling/scaled-object.yaml';

test.each([
  { fault: 'a misspelled field', path: ingest, from: 'livenessProbe', to: 'livnessProbe' },
  {
    fault: 'a field in the wrong place',
    path: ingest,
    from: '  replicas: 3\n',
    to: '  replicas: 3\n  image: overage\n',
  },
  { fault: 'a number as text', path: ingest, from: 'replicas: 3', to: "replicas: '3'" },
  { fault: 'a missing selector', path: ingest, from: /  selector:\n.*\n.*\n/, to: '' },
  { fault: 'a kind of another version', path: ingest, from: 'apps/v1', to: 'apps/v1beta1' },
  { fault: 'a misspelled field of Strimzi', path: kafka, from: 'kraftMetadata', to: 'kraftMeta' },
  { fault: 'a missing label of Strimzi', path: kafka, from: /  labels:\n.*\n/, to: '' },
  {
    fault: 'an operation Kafka does not have',
    path: kafka,
    from: 'DescribeConfigs',
    to: 'DescribeConfig',
  },
  {
    fault: 'a misspelled field of K8ssandra',
    path: cassandra,
    from: 'storageConfig',
    to: 'storageconfig',
  },
  { fault: 'a misspelled field of KEDA', path: scaled, from: 'lagThreshold', to: 'lagTreshold' },
])('a schema refuses $fault', ({ path, from, to }) => {
  const documents = documentsIn(planted(path, from, to));
  expect(documents.flatMap((document) => faultsOfKind(document))).not.toEqual([]);
});

test('a patch may leave out what its kind requires, and nothing else', () => {
  const path = 'deploy/kubernetes/external/credentials.yaml';
  const of = (text: string) => faultsOfKind(documentsIn(text)[0], { patch: true });
  expect(of(read(path))).toEqual([]);
  expect(of(planted(path, 'mountPath', 'path'))).not.toEqual([]);
});

test('a key that stands twice is refused', () => {
  expect(() => documentsIn('a: 1\na: 2\n')).toThrow();
  expect(() => composeIn('services: {}\nservices: {}\n')).toThrow();
});

test.each([
  ['runAsNonRoot: true', 'runAsNonRoot: false'],
  ['runAsUser: 1000', 'runAsUser: 0'],
  ['readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false'],
  ['allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true'],
  ['drop: [ALL]', 'add: [ALL]'],
  [/limits: .*/, 'limits: {}'],
  ['path: /health/ready', 'path: /'],
  [/ +livenessProbe:\n(.*\n){4}/, ''],
])('the rules of pods refuse %s → %s', (from, to) => {
  const [deployment] = documentsIn(planted(ingest, from, to)) as Manifest[];
  expect(faultsOfPods(deployment)).toHaveLength(1);
});

const compose = 'docker-compose.yml';

test.each([
  ['a misspelled field', 'stop_grace_period', 'stop_grace'],
  ['a condition that is none', 'condition: service_healthy', 'condition: healthy'],
  ['a port as a list of lists', "['127.0.0.1:8080:8080']", "[['8080']]"],
])('the Compose Specification refuses %s', (_, from, to) => {
  expect(faultsOfCompose(composeIn(planted(compose, from, to)))).not.toEqual([]);
});

test.each([
  ["'127.0.0.1:8080:8080'", "'8080:8080'"],
  ["'127.0.0.1:9092:9092'", "'0.0.0.0:9092:9092'"],
  ['kafka: { condition: service_healthy }', 'kafka: { condition: service_started }'],
  ["volumes: ['cassandra-data:/var/lib/cassandra']", 'volumes: []'],
  ['      ROLES: ingest\n', '      ROLES: ingest\n      KAFKA_SASL_PASSWORD: secret\n'],
  ["cap_drop: ['ALL']", 'cap_drop: []'],
])('the rules of services refuse %s → %s', (from, to) => {
  const changed: Compose = composeIn(planted(compose, from, to));
  expect(faultsOfServices(changed)).not.toEqual([]);
});

test.each([
  ['USER 1000:1000', 'USER node'],
  ['USER 1000:1000', 'USER 0:0'],
  ['/health/live', '/health'],
  ['STOPSIGNAL SIGTERM', 'STOPSIGNAL SIGKILL'],
  ['node:24-bookworm-slim', 'node:latest'],
  ['node:24-bookworm-slim', 'node:24-alpine'],
  ['RUN npm ci --no-audit', 'RUN npm install --no-audit'],
])('the rules of the image refuse %s → %s', (from, to) => {
  expect(faultsOfDockerfile(planted('Dockerfile', from, to))).not.toEqual([]);
});

test('a setting that is misspelled, wrong or against another is told', () => {
  expect(undeclaredNames(['PARTITIONS', 'PARTITION'])).toEqual(['PARTITION']);
  expect(faultsOfSettings({ STORE: 'cluster', PARTITIONS: 'many' })).toHaveLength(1);
  expect(faultsOfSettings({ STORE: 'cluster', PARTITIONS: '12', SHARDS: '13' })).toHaveLength(1);
});

test('a secret that is written down is found, the path of one is not taken for it', () => {
  const values = {
    CASSANDRA_PASSWORD: 'x',
    KAFKA_SASL_PASSWORD: '',
    CASSANDRA_PASSWORD_FILE: '/x',
  };
  expect(secretsIn(values)).toEqual(['CASSANDRA_PASSWORD']);
  expect(secretsIn({ 'kafka-password': 'x' })).toEqual(['kafka-password']);
  expect(hasPrivateKey(`-----BEGIN RSA ${'PRIVATE'} KEY-----`)).toBe(true);
});
