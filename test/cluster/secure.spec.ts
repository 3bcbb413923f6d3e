import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import type { RunningProgram } from '../../src/commands/start.js';
import type { Environment, Settings } from '../../src/config/index.js';
import { clusterTables } from '../../src/wiring/cluster/cluster-schema.js';
import { client, until } from '../contracts/api-client.js';
import {
  migrated,
  refusalOf,
  said,
  sayings,
  started,
  verified,
  type Refusal,
} from './secure-run/attempts.js';
import { hasOpenssl } from './secure-run/certificates.js';
import { entriesFor, rightsOf } from './secure-run/rights.js';
import { mechanisms, SecureCluster } from './secure-run/secure-cluster.js';
import { chapterOnServers, hasServers, testOnServers } from './support/cluster-in-test.js';

jest.setTimeout(300_000);

const testSecure = hasOpenssl ? testOnServers : test.skip;
const page = readFileSync(join(__dirname, '../../docs/OPERATING.md'), 'utf8');

let cluster: SecureCluster;
/** Shows a certificate of the trusted authority that is for another host than 127.0.0.1. */
let impostor: Server;
let firstMigration: string[];

/** Each user of Kafka gets what the page says, and no more. */
const grantKafka = async (settings: Settings): Promise<void> => {
  const rows = rightsOf(page);
  const given = (user: string, operationsOf: (row: (typeof rows)[number]) => readonly string[]) =>
    entriesFor(
      user,
      settings,
      rows.map((row) => [row, operationsOf(row)]),
    );
  const acl = [
    ...given('counter', ({ running }) => running),
    ...given('migrator', ({ running, migrating }) => [...running, ...migrating]),
    ...given('reader', ({ running }) => running.filter((word) => word !== 'Write')),
  ];
  await cluster.admin((admin) => admin.createAcls({ acl }));
};

const startImpostor = async (): Promise<void> => {
  const { cert, key } = cluster.elsewhere();
  const files = { cert: readFileSync(cert), key: readFileSync(key) };
  impostor = createServer(files, (socket) => socket.on('error', () => undefined));
  impostor.on('tlsClientError', () => undefined);
  await new Promise<void>((listening) => impostor.listen(0, '127.0.0.1', listening));
};

beforeAll(async () => {
  if (!hasServers || !hasOpenssl) return;
  cluster = await SecureCluster.start();
  await startImpostor();
  await grantKafka(cluster.settings());
  await cluster.makeCassandraUsers();
  await cluster.cql('GRANT CREATE ON ALL KEYSPACES TO maker');
  const maker = [cluster.saslOf('migrator', 'PLAIN'), cluster.cassandraOf('maker')];
  firstMigration = await migrated(cluster.settings(...maker));
  const rights = {
    counter: ['SELECT', 'MODIFY'],
    migrator: ['SELECT', 'MODIFY', 'CREATE', 'ALTER'],
    reader: ['SELECT'],
  };
  for (const [user, permissions] of Object.entries(rights)) {
    for (const permission of permissions) {
      await cluster.cql(`GRANT ${permission} ON KEYSPACE secure TO ${user}`);
    }
  }
}, 240_000);

afterAll(async () => {
  impostor?.close();
  await cluster?.stop();
}, 60_000);

const agreement = '33333333-3333-4333-8333-333333333333';
const msisdn = '48500600700';
const agreementWire = {
  ...{ id: agreement, msisdn, signedAt: '2019-12-20T00:00Z', serviceStartAt: '2020-01-01T00:00Z' },
  ...{ billingPeriodTimeZone: 'UTC', maxBytesInBillingPeriod: 1000 },
};

let records = 0;

/** Another record of 10 bytes. */
const nextRecord = () => ({
  externalId: `44444444-4444-4444-8444-${String(++records).padStart(12, '0')}`,
  recordedAt: '2020-01-05T00:00Z',
  msisdn,
  recordedBytes: 10,
});

const total = (program: RunningProgram, text: string): Promise<unknown> =>
  until(
    () => client(program.url).get(`/api/data-records/${agreement}/2020/1/total-data-used`),
    (answer: { text: string }) => answer.text.startsWith(`${text}\n`),
  );

/** Runs the program until a record that was posted is counted. */
const countsOneMore = async (settings: Settings): Promise<void> => {
  const program = await started(settings);
  try {
    const api = client(program.url);
    expect((await api.post('/api/agreements', agreementWire)).status).toBeLessThan(300);
    const { body } = await api.post('/api/incoming-data-records', nextRecord());
    expect(body).toEqual({ accepted: 1, rejected: [] });
    await total(program, `${10 * records} B`);
  } finally {
    await program.stop();
  }
};

const thereLines = [
  expect.stringMatching(/^Keyspace secure: there, with \d+ tables\.$/),
  'Topic incoming-data-records: there.',
  'Topic agreements: there.',
  'Topic data-records-aggregates: there.',
  'Topic import-files: there.',
];

describe(chapterOnServers('every way to log in, over TLS that is verified'), () => {
  testSecure('a user that may make keyspaces and topics makes all', () => {
    expect(firstMigration[0]).toMatch(/^Keyspace secure: made with \d+ tables, 1 copy/);
    expect(firstMigration[1]).toMatch(/^Topic incoming-data-records: made with 2 partition/);
    expect(firstMigration.at(-1)).toBe('Kafka and Cassandra are ready.');
  });

  const ways = [...mechanisms, 'a certificate'] as const;
  const loginOf = (user: 'counter' | 'migrator', way: (typeof ways)[number]): Environment =>
    way === 'a certificate' ? cluster.certificateOf(user) : cluster.saslOf(user, way);

  testSecure.each(ways)('with %s a migration runs, and a posted record is counted', async (way) => {
    const migrator = [loginOf('migrator', way), cluster.cassandraOf('migrator')];
    const told = await migrated(cluster.settings(...migrator));
    expect(told.slice(0, 5)).toEqual(thereLines);
    await countsOneMore(cluster.settings(loginOf('counter', way), cluster.cassandraOf('counter')));
  });

  testSecure('brokers are also verified by their name', async () => {
    const byName = {
      KAFKA_BOOTSTRAP_SERVERS: cluster.kafka('SASL').replace('127.0.0.1', 'localhost'),
    };
    const counter = [cluster.saslOf('counter', 'PLAIN'), cluster.cassandraOf('counter')];
    await countsOneMore(cluster.settings(...counter, byName));
  });
});

/** Code of the refusal, and what is other than in the settings of a user that can run. */
type Case = readonly [name: string, code: string, other: () => Environment];

const wrongPassword = 'hidden-wrong-5f2c';
const noPasswordFile = { KAFKA_SASL_PASSWORD_FILE: undefined };

const wrongLogins: readonly Case[] = [
  ...(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const).map((mechanism): Case => [
    `a wrong password of ${mechanism}`,
    'KAFKA_DENIED',
    () => ({
      ...cluster.saslOf('counter', mechanism),
      ...noPasswordFile,
      KAFKA_SASL_PASSWORD: cluster.hide(wrongPassword),
    }),
  ]),
  [
    'a user of SCRAM that Kafka does not know',
    'KAFKA_DENIED',
    () => ({ ...cluster.saslOf('counter', 'SCRAM-SHA-512'), KAFKA_SASL_USERNAME: 'stranger' }),
  ],
  [
    'a token that somebody else signed',
    'KAFKA_DENIED',
    () => {
      const token = cluster.tokenOf('counter', cluster.otherIssuer);
      const file = { KAFKA_SASL_TOKEN_FILE: cluster.file('token-other', token) };
      return { ...cluster.saslOf('counter', 'OAUTHBEARER'), ...file };
    },
  ],
  [
    'a token that has run out',
    'KAFKA_DENIED',
    () => {
      const token = cluster.tokenOf('counter', undefined, -600);
      const file = { KAFKA_SASL_TOKEN_FILE: cluster.file('token-old', token) };
      return { ...cluster.saslOf('counter', 'OAUTHBEARER'), ...file };
    },
  ],
  [
    // the broker closes the connection and says nothing
    'no log-in where one is asked for',
    'KAFKA_UNREACHABLE',
    () => ({
      ...cluster.certificateOf('counter'),
      KAFKA_BOOTSTRAP_SERVERS: cluster.kafka('SASL'),
    }),
  ],
  [
    'a wrong password of Cassandra',
    'CASSANDRA_LOGIN_REFUSED',
    () => ({
      CASSANDRA_PASSWORD_FILE: undefined,
      CASSANDRA_PASSWORD: cluster.hide(wrongPassword),
    }),
  ],
  [
    'a user that Cassandra does not know',
    'CASSANDRA_LOGIN_REFUSED',
    () => ({ CASSANDRA_USERNAME: 'stranger' }),
  ],
  [
    'no user where Cassandra asks for one',
    'CASSANDRA_LOGIN_REFUSED',
    () => ({ CASSANDRA_USERNAME: undefined, CASSANDRA_PASSWORD_FILE: undefined }),
  ],
];

const kafkaCertificates: readonly Case[] = [
  [
    'a broker whose authority is not the one that is named',
    'KAFKA_CERTIFICATE_REFUSED',
    () => ({ KAFKA_TLS_CA_FILE: cluster.otherAuthority.cert }),
  ],
  [
    'a broker of an authority of its own, when none is named',
    'KAFKA_CERTIFICATE_REFUSED',
    () => ({ KAFKA_TLS_CA_FILE: undefined }),
  ],
  [
    'a broker with the certificate of another host',
    'KAFKA_CERTIFICATE_REFUSED',
    () => ({
      ...cluster.certificateOf('counter'),
      KAFKA_BOOTSTRAP_SERVERS: cluster.kafka('ELSEWHERE'),
    }),
  ],
  [
    'no certificate where Kafka asks for one',
    'KAFKA_CERTIFICATE_REFUSED',
    () => ({
      ...cluster.certificateOf('counter'),
      ...{ KAFKA_TLS_CERT_FILE: undefined, KAFKA_TLS_KEY_FILE: undefined },
    }),
  ],
  [
    'a certificate that Kafka does not trust',
    'KAFKA_CERTIFICATE_REFUSED',
    () => {
      const { cert, key } = cluster.otherAuthority.sign('counter');
      const own = { KAFKA_TLS_CERT_FILE: cert, KAFKA_TLS_KEY_FILE: key };
      return { ...cluster.certificateOf('counter'), ...own };
    },
  ],
  [
    'no TLS where Kafka speaks nothing else',
    'KAFKA_UNREACHABLE',
    () => ({ KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', KAFKA_TLS_CA_FILE: undefined }),
  ],
];

const cassandraCertificates: readonly Case[] = [
  [
    'a node whose authority is not the one that is named',
    'CASSANDRA_CERTIFICATE_REFUSED',
    () => ({ CASSANDRA_TLS_CA_FILE: cluster.otherAuthority.cert }),
  ],
  [
    'a node of an authority of its own, when none is named',
    'CASSANDRA_CERTIFICATE_REFUSED',
    () => ({ CASSANDRA_TLS_CA_FILE: undefined }),
  ],
  [
    'a node with the certificate of another host',
    'CASSANDRA_CERTIFICATE_REFUSED',
    () => ({
      CASSANDRA_CONTACT_POINT: `127.0.0.1:${(impostor.address() as AddressInfo).port}`,
    }),
  ],
  [
    'no certificate where Cassandra asks for one',
    'CASSANDRA_CERTIFICATE_REFUSED',
    () => ({ CASSANDRA_TLS_CERT_FILE: undefined, CASSANDRA_TLS_KEY_FILE: undefined }),
  ],
  [
    'a certificate that Cassandra does not trust',
    'CASSANDRA_CERTIFICATE_REFUSED',
    () => {
      const { cert, key } = cluster.otherAuthority.sign('counter');
      return { CASSANDRA_TLS_CERT_FILE: cert, CASSANDRA_TLS_KEY_FILE: key };
    },
  ],
  [
    'no TLS where Cassandra speaks nothing else',
    'CASSANDRA_UNREACHABLE',
    () => ({
      ...{ CASSANDRA_TLS: 'off', CASSANDRA_TLS_CA_FILE: undefined },
      ...{ CASSANDRA_TLS_CERT_FILE: undefined, CASSANDRA_TLS_KEY_FILE: undefined },
    }),
  ],
];

describe(chapterOnServers('what a start and a migration are refused for'), () => {
  const cases = [...wrongLogins, ...kafkaCertificates, ...cassandraCertificates];
  const attempts = new Map<string, Promise<(Refusal | undefined)[]>>();

  // all at once: most of the time of each is waiting
  beforeAll(() => {
    if (cluster === undefined) return;
    const counter = [cluster.saslOf('counter', 'PLAIN'), cluster.cassandraOf('counter')];
    for (const [name, , other] of cases) {
      const settings = cluster.settings(...counter, other());
      const commands = [started, migrated].map((command) => refusalOf(command, settings));
      const both = Promise.all(commands);
      both.catch(() => undefined); // its test tells
      attempts.set(name, both);
    }
  });

  testSecure.each(cases)('%s is %s', async (name, code) => {
    for (const refusal of (await attempts.get(name)) ?? []) {
      expect(refusal).toMatchObject({ code });
    }
  });

  testSecure('a token that is gone since the settings were read is told by its file', async () => {
    const token = cluster.file('token-gone', cluster.tokenOf('counter'));
    const settings = cluster.settings(
      cluster.saslOf('counter', 'OAUTHBEARER'),
      cluster.cassandraOf('counter'),
      { KAFKA_SASL_TOKEN_FILE: token },
    );
    rmSync(token);
    const refusal = await refusalOf(started, settings);
    expect(refusal).toMatchObject({ code: 'SETTING_FILE_UNREADABLE' });
    expect(refusal?.message).toContain(token);
  });
});

const rightsOnTransactions = ['usage', 'agreements', 'import'].map(
  (about) =>
    'The user of Kafka has no right to DESCRIBE and WRITE on transactional id ' +
    `secure-${about}-check and those that begin like it.`,
);

describe(chapterOnServers('rights, as docs/OPERATING.md lists them'), () => {
  const counter = (): Settings =>
    cluster.settings(cluster.saslOf('counter', 'PLAIN'), cluster.cassandraOf('counter'));

  const drop = (settings: Settings, name: string, lines: readonly string[]): void => {
    const folder = settings.incomingDataRecordsDir;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `tmp_${name}`), lines.map((line) => `${line}\n`).join(''));
    renameSync(join(folder, `tmp_${name}`), join(folder, name));
  };

  const send = async (topic: string, value: object): Promise<void> => {
    const brokers = [cluster.kafka('PLAINTEXT')];
    const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ key: msisdn, value: JSON.stringify(value) }] });
    await producer.disconnect();
  };

  testSecure('who has the rights of a running process needs no others', async () => {
    const settings = counter();
    const words = sayings();
    const { externalId, recordedAt, recordedBytes } = nextRecord();
    const id = '55555555-5555-4555-8555-555555555555';
    const program = await started(settings);
    try {
      await client(program.url).post('/api/agreements', agreementWire);
      await send('agreements', { ...agreementWire, id, msisdn: '48500600701' });
      drop(settings, 'one.cdr', [[externalId, recordedAt, msisdn, recordedBytes].join(';')]);
      await total(program, `${10 * records} B`);
      const { get } = client(program.url);
      await until(
        () => get(`/api/agreements/${id}`),
        ({ status }: { status: number }) => status === 200,
      );
      expect(await verified(settings)).toBe(0);
    } finally {
      await program.stop();
    }
    expect(words()).not.toMatch(/no right|AUTHORIZATION|Unauthorized|permission/i);
  });

  testSecure('who has the rights of migrate corrects what was changed', async () => {
    const table = clusterTables.find(({ name }) => name === 'message');
    await cluster.cql(
      `DROP TABLE secure.${table?.name}`,
      'ALTER TABLE secure.usage_record DROP status',
    );
    await cluster.admin(async (admin) => {
      const configEntries = [{ name: 'retention.ms', value: '604800000' }];
      const resources = [{ type: 2, name: 'agreements', configEntries }];
      await admin.alterConfigs({ validateOnly: false, resources });
    });
    const migrator = [cluster.saslOf('migrator', 'PLAIN'), cluster.cassandraOf('migrator')];
    const told = await migrated(cluster.settings(...migrator));
    expect(told).toEqual(
      expect.arrayContaining([
        'Table message: made.',
        'Column status of table usage_record: made.',
        'Topic agreements: retention.ms set to -1.',
      ]),
    );
  });

  testSecure('a user of Kafka that may only read is told each right it has not', async () => {
    const reader = [cluster.saslOf('reader', 'PLAIN'), cluster.cassandraOf('counter')];
    expect(await refusalOf(started, cluster.settings(...reader))).toMatchObject({
      code: 'CLUSTER_NOT_READY',
      lines: [
        'The user of Kafka has no right to WRITE on topic incoming-data-records.',
        'The user of Kafka has no right to WRITE on topic agreements.',
        'The user of Kafka has no right to WRITE on topic data-records-aggregates.',
        'The user of Kafka has no right to WRITE on topic import-files.',
        ...rightsOnTransactions,
      ],
    });
  });

  testSecure('a user of Kafka without any right is told all of them', async () => {
    const nobody = [cluster.saslOf('nobody', 'SCRAM-SHA-512'), cluster.cassandraOf('counter')];
    const ofTopics = [
      ...['incoming-data-records', 'agreements', 'data-records-aggregates', 'import-files'],
    ].map((topic) => `The user of Kafka has no right to DESCRIBE on topic ${topic}.`);
    const ofGroups = ['usage', 'agreements', 'import'].map(
      (about) => `The user of Kafka has no right to READ on group secure-${about}.`,
    );
    expect(await refusalOf(started, cluster.settings(...nobody))).toMatchObject({
      code: 'CLUSTER_NOT_READY',
      lines: [...ofTopics, ...ofGroups, ...rightsOnTransactions],
    });
  });

  testSecure('a user of Cassandra that may only read is told of each table', async () => {
    const reader = [cluster.saslOf('counter', 'PLAIN'), cluster.cassandraOf('reader')];
    const refusal = await refusalOf(started, cluster.settings(...reader));
    expect(refusal?.code).toBe('CLUSTER_NOT_READY');
    expect(refusal?.lines).toEqual(
      clusterTables.map(
        ({ name }) =>
          `The user may not read and write table ${name}: User reader has no MODIFY permission ` +
          `on <table secure.${name}> or any of its parents.`,
      ),
    );
  });

  testSecure('who may not make topics or keyspaces is told the right that is missing', async () => {
    const elsewhere = { TOPIC_IMPORT_FILES: 'other-files' };
    const migrator = [cluster.saslOf('migrator', 'PLAIN'), cluster.cassandraOf('migrator')];
    const topics = await refusalOf(migrated, cluster.settings(...migrator, elsewhere));
    expect(topics).toMatchObject({ code: 'KAFKA_DENIED' });
    expect(topics?.message).toBe('The user of Kafka has no right to CREATE topics other-files');
    const other = { CASSANDRA_KEYSPACE: 'other' };
    const keyspace = await refusalOf(migrated, cluster.settings(...migrator, other));
    expect(keyspace).toMatchObject({ code: 'CASSANDRA_NOT_ALLOWED' });
    expect(keyspace?.message).toMatch(/User migrator has no CREATE permission on <all keyspaces>/);
  });

  testSecure('only who may read system_views is warned of a periodic commit log', async () => {
    const warning = /the nodes sync their commit log periodically/;
    const before = sayings();
    await refusalOf(started, counter());
    expect(before()).not.toMatch(warning);
    await cluster.cql('GRANT SELECT ON KEYSPACE system_views TO counter');
    const after = sayings();
    await refusalOf(started, counter());
    expect(after()).toMatch(warning);
  });
});

describe(chapterOnServers('secrets'), () => {
  testSecure('no password and no token is in any line of the log or any message', () => {
    const all = said.join('\n');
    expect(said.length).toBeGreaterThan(100);
    const shown = [...cluster.secrets].filter((secret) => all.includes(secret));
    expect(shown).toEqual([]);
  });
});
