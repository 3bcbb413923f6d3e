import {
  brokerFindings,
  configsOf,
  topicFindings,
  type Finding,
  type WantedTopic,
} from './topic-rules.js';

const log: WantedTopic = {
  name: 'log',
  partitions: 4,
  replicationFactor: 3,
  keeps: 'events',
  aheadMs: 86_400_000,
  needs: ['READ'],
};
const messages: WantedTopic = { ...log, name: 'messages', keeps: 'messages' };
const journal: WantedTopic = { ...log, name: 'journal', keeps: 'latest' };

/** What a broker of Kafka 4 says of a topic that was made with nothing said. */
const kafkaDefaults = {
  'cleanup.policy': 'delete',
  'compression.type': 'producer',
  'max.message.bytes': '1048588',
  'message.timestamp.after.max.ms': '3600000',
  'message.timestamp.before.max.ms': '9223372036854775807',
  'message.timestamp.type': 'CreateTime',
  'min.insync.replicas': '1',
  'retention.bytes': '-1',
  'retention.ms': '604800000',
  'unclean.leader.election.enable': 'false',
};

const found = (
  topic: WantedTopic,
  changed: Readonly<Record<string, string>> = {},
  replicas = 3,
): Finding[] => {
  const configs = { ...kafkaDefaults, ...configsOf(topic), ...changed };
  return topicFindings(topic, new Map(Object.entries(configs)), replicas);
};

const differences = (findings: Finding[]): string[] =>
  findings.flatMap(({ difference }) => difference ?? []);
const warnings = (findings: Finding[]): string[] =>
  findings.flatMap(({ warning }) => warning ?? []);

test.each([log, messages, journal])('topic $name as it is made has no finding', (topic) => {
  expect(found(topic)).toEqual([]);
});

test("Kafka's own defaults lose old events and refuse times ahead", () => {
  const findings = topicFindings(log, new Map(Object.entries(kafkaDefaults)), 3);
  expect(differences(findings)).toEqual([
    'Topic log: retention.ms is 604800000 (7 days) and has to be -1, or at least 31622400000 ' +
      '(366 days): an event carries the time it happened, and older ones would be lost unread.',
    'Topic log: message.timestamp.after.max.ms is 3600000 and has to be at least 90000000: ' +
      'Kafka would refuse what is stamped further ahead.',
    'Topic log: compression.type is producer and has to be uncompressed or gzip: what a ' +
      'producer compresses with snappy, lz4 or zstd could not be read.',
  ]);
});

test('brokers have to refuse times that are far ahead where events are counted by them', () => {
  const events: WantedTopic = { ...log, isAheadBounded: true };
  const ahead = 'message.timestamp.after.max.ms';
  expect(configsOf(events)[ahead]).toBe('90000000'); // 24 h, and one for clocks that differ
  expect(found(events)).toEqual([]);
  expect(found(events, { [ahead]: '172800000' })).toEqual([]);
  const [finding, ...others] = found(events, { [ahead]: '9223372036854775807' });
  expect(finding.difference).toContain('is 9223372036854775807 and has to be at most 172800000');
  expect(finding.fix).toEqual([ahead, '90000000']);
  expect(others).toEqual([]);
  expect(found(log, { [ahead]: '9223372036854775807' })).toEqual([]);
});

test('brokers that cannot refuse times ahead are told of', () => {
  const configs = new Map(Object.entries({ ...kafkaDefaults, 'retention.ms': '-1' }));
  configs.delete('message.timestamp.after.max.ms');
  const events: WantedTopic = { ...log, isAheadBounded: true };
  expect(warnings(topicFindings(events, configs, 3)).join()).toContain('Kafka 3.6');
});

test('a fix of each difference takes it away', () => {
  const bad = {
    'cleanup.policy': 'compact,delete',
    'max.message.bytes': '1000',
    'message.timestamp.after.max.ms': '1',
    'message.timestamp.before.max.ms': '1',
    'message.timestamp.type': 'LogAppendTime',
    'retention.bytes': '1',
    'retention.ms': '1',
  };
  const findings = found(log, bad);
  expect(differences(findings)).toHaveLength(Object.keys(bad).length);
  const fixes = Object.fromEntries(findings.flatMap(({ fix }) => (fix ? [fix] : [])));
  expect(Object.keys(fixes).sort()).toEqual(Object.keys(bad).sort());
  expect(found(log, { ...bad, ...fixes })).toEqual([]);
});

test('events that go after a year or more are a warning, messages that go at all are one', () => {
  expect(found(log, { 'retention.ms': '31622400000' })).toEqual([
    { warning: expect.stringContaining('retention.ms is 31622400000 (366 days)') as string },
  ]);
  expect(found(messages, { 'retention.ms': '604800000' })).toEqual([
    { warning: expect.stringContaining('Messages with an older time are deleted') as string },
  ]);
});

test('the journal keeps the newest of each key, for ever', () => {
  expect(differences(found(journal, { 'cleanup.policy': 'delete' }))).toEqual([
    'Topic journal: cleanup.policy is delete and has to be compact; by age the newest of a key ' +
      'would be deleted.',
  ]);
});

test('one replica, and one that is enough to acknowledge, are told with their cost', () => {
  const one = { 'min.insync.replicas': '1' };
  expect(warnings(found(log, one, 1))).toEqual([expect.stringMatching(/^one replica\. What/)]);
  expect(warnings(found(log, one, 3))).toEqual([expect.stringMatching(/^min\.insync\.replicas/)]);
});

test('more replicas to acknowledge than there are: a difference, nothing could be written', () => {
  expect(differences(found(log, { 'min.insync.replicas': '2' }, 1))).toEqual([
    'Topic log: min.insync.replicas is 2, and it has 1 replica(s): nothing can be written.',
  ]);
});

test('a leader that may be behind is told', () => {
  const [warning] = warnings(found(log, { 'unclean.leader.election.enable': 'true' }));
  expect(warning).toContain('is lost though it was acknowledged');
});

const brokerDefaults = {
  'group.max.session.timeout.ms': '1800000',
  'group.min.session.timeout.ms': '6000',
  'offsets.retention.minutes': '5256000',
  'transaction.max.timeout.ms': '900000',
};
const asked = { sessionTimeoutMs: 10_000, transactionTimeoutMs: 15_000 };

const ofBroker = (changed: Readonly<Record<string, string>>): Finding[] =>
  brokerFindings(asked, new Map(Object.entries({ ...brokerDefaults, ...changed })));

test('times the brokers do not allow are differences', () => {
  expect(ofBroker({})).toEqual([]);
  expect(differences(ofBroker({ 'group.min.session.timeout.ms': '20000' }))).toEqual([
    'KAFKA_SESSION_TIMEOUT is 10000 ms; the brokers allow 20000 to 1800000 ms.',
  ]);
  expect(differences(ofBroker({ 'transaction.max.timeout.ms': '1000' }))).toEqual([
    'KAFKA_TRANSACTION_TIMEOUT is 15000 ms; the brokers allow 1000 ms.',
  ]);
});

test("positions that Kafka's default forgets after a week are told", () => {
  const [warning] = warnings(ofBroker({ 'offsets.retention.minutes': '10080' }));
  expect(warning).toContain('offsets.retention.minutes is 10080 (7 days)');
});
