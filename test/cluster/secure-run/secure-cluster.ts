import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { loadSettings, type Environment, type Settings } from '../../../src/config/index.js';
import { CassandraSession } from '../../../src/platform/cassandra/index.js';
import { freePorts } from '../../support/free-ports.mjs';
import { CertificateAuthority, type Certificate } from './certificates.js';
import { planOf, type Passwords } from './plan.js';
import { TokenIssuer } from './tokens.js';

export const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;
export type Mechanism = (typeof mechanisms)[number];

const kafkaUsers = ['counter', 'migrator', 'reader', 'nobody'] as const;
export type KafkaUser = (typeof kafkaUsers)[number];
const cassandraUsers = ['counter', 'migrator', 'maker', 'reader'] as const;
export type CassandraUser = (typeof cassandraUsers)[number];

const passwordsOf = (users: readonly string[], at: string): Passwords =>
  Object.fromEntries(users.map((user) => [user, `hidden-${user}-${at}-5f2c`]));

const plainUsers = passwordsOf(kafkaUsers, 'plain');
const scramUsers = {
  'SCRAM-SHA-256': passwordsOf(kafkaUsers, 'scram256'),
  'SCRAM-SHA-512': passwordsOf(kafkaUsers, 'scram512'),
};
/** With all that a shell, a file or CQL could stumble over. */
const cassandraPasswords = Object.fromEntries(
  cassandraUsers.map((user) => [user, `hidden-${user} "it's", = $5f2c`]),
) as Readonly<Record<CassandraUser, string>>;

/** Settings of another way to log in do not go with these. */
const noLogin = {
  KAFKA_SASL_MECHANISM: undefined,
  KAFKA_SASL_USERNAME: undefined,
  KAFKA_SASL_PASSWORD: undefined,
  KAFKA_SASL_PASSWORD_FILE: undefined,
  KAFKA_SASL_TOKEN_FILE: undefined,
  KAFKA_TLS_CERT_FILE: undefined,
  KAFKA_TLS_KEY_FILE: undefined,
} as const satisfies Environment;

const keyspace = 'secure';
const storage = { user: 'cassandra', password: 'cassandra' } as const;

/** A Kafka and a Cassandra of this test alone that ask who comes. */
export class SecureCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'overage-secure-'));
  readonly #authority = new CertificateAuthority(this.#folder, 'trusted');
  readonly #issuer = new TokenIssuer();
  readonly #clients = new Map<string, Certificate>();
  /** Signs as well, but no server and no client trusts it. */
  readonly otherAuthority = new CertificateAuthority(this.#folder, 'other');
  readonly otherIssuer = new TokenIssuer();
  /** What no line of a log and no message may show. */
  readonly secrets = new Set<string>();

  private constructor(private readonly ports: readonly number[]) {
    const all = [plainUsers, ...Object.values(scramUsers), cassandraPasswords];
    for (const password of all.flatMap((users) => Object.values(users))) this.hide(password);
  }

  static async start(): Promise<SecureCluster> {
    const cluster = new SecureCluster(await freePorts(7));
    cluster.#plan();
    try {
      await cluster.#run('up');
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  async stop(): Promise<void> {
    await this.#run('down');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The password or token and its usual other spellings. */
  hide(secret: string): string {
    const spellings = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
    const bytes = Buffer.from(secret);
    for (const one of [...spellings, bytes.toString('base64'), bytes.toString('hex')]) {
      this.secrets.add(one);
    }
    return secret;
  }

  get authorityFile(): string {
    return this.#authority.cert;
  }

  /** 127.0.0.1 and the port of a listener. */
  kafka(listener: 'PLAINTEXT' | 'SASL' | 'MUTUAL' | 'ELSEWHERE'): string {
    const at = { PLAINTEXT: 0, SASL: 4, MUTUAL: 5, ELSEWHERE: 6 } as const;
    return `127.0.0.1:${this.ports[at[listener]]}`;
  }

  get cassandra(): string {
    return `127.0.0.1:${this.ports[2]}`;
  }

  /** A certificate for a user, made once. */
  client(user: string): Certificate {
    const made = this.#clients.get(user) ?? this.#authority.sign(user);
    this.#clients.set(user, made);
    return made;
  }

  /** A certificate of the trusted authority for another host. */
  elsewhere(): Certificate {
    return this.#authority.sign('node-elsewhere', ['DNS:node.elsewhere.example']);
  }

  /** Writes a file into the folder of the test; answers with its path. */
  file(name: string, content: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, content);
    return path;
  }

  tokenOf(user: string, issuer = this.#issuer, seconds = 3_600): string {
    return this.hide(issuer.tokenOf(user, seconds));
  }

  /** Settings by which a user logs in with a mechanism. */
  saslOf(user: KafkaUser, mechanism: Mechanism): Environment {
    const env = {
      ...noLogin,
      KAFKA_BOOTSTRAP_SERVERS: this.kafka('SASL'),
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_TLS_CA_FILE: this.authorityFile,
      KAFKA_SASL_MECHANISM: mechanism,
    };
    if (mechanism === 'OAUTHBEARER') {
      const token = this.file(`token-${user}`, `${this.tokenOf(user)}\n`);
      return { ...env, KAFKA_SASL_TOKEN_FILE: token };
    }
    const password = mechanism === 'PLAIN' ? plainUsers[user] : scramUsers[mechanism][user];
    const given =
      mechanism === 'SCRAM-SHA-256'
        ? { KAFKA_SASL_PASSWORD_FILE: this.file(`password-${user}`, `${password}\n`) }
        : { KAFKA_SASL_PASSWORD: password };
    return { ...env, KAFKA_SASL_USERNAME: user, ...given };
  }

  /** Settings by which a user is known by a certificate. */
  certificateOf(user: KafkaUser): Environment {
    const { cert, key } = this.client(user);
    return {
      ...noLogin,
      KAFKA_BOOTSTRAP_SERVERS: this.kafka('MUTUAL'),
      KAFKA_SECURITY_PROTOCOL: 'SSL',
      KAFKA_TLS_CA_FILE: this.authorityFile,
      KAFKA_TLS_CERT_FILE: cert,
      KAFKA_TLS_KEY_FILE: key,
    };
  }

  cassandraOf(user: CassandraUser): Environment {
    const { cert, key } = this.client(user);
    const password = cassandraPasswords[user];
    const given =
      user === 'counter'
        ? { CASSANDRA_PASSWORD_FILE: this.file('cassandra-password', `${password}\n`) }
        : { CASSANDRA_PASSWORD: password };
    return {
      CASSANDRA_CONTACT_POINT: this.cassandra,
      CASSANDRA_USERNAME: user,
      ...given,
      CASSANDRA_TLS: 'on',
      CASSANDRA_TLS_CA_FILE: this.authorityFile,
      CASSANDRA_TLS_CERT_FILE: cert,
      CASSANDRA_TLS_KEY_FILE: key,
    };
  }

  settings(...envs: readonly Environment[]): Settings {
    const own = {
      STORE: 'cluster',
      CASSANDRA_KEYSPACE: keyspace,
      CLUSTER_NAME: 'secure',
      PARTITIONS: '2',
      SHARDS: '4',
      KAFKA_REPLICATION_FACTOR: '1',
      CASSANDRA_REPLICATION_FACTOR: '1',
      DATA_DIR: join(this.#folder, 'program'),
      PORT: '0',
      FEED_MAX_OUT_OF_ORDERNESS: 'PT0S',
    };
    const readFile = (path: string): string | undefined =>
      existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    const loaded = loadSettings(Object.assign({}, own, ...envs) as Environment, readFile);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    return loaded.settings;
  }

  /** As a user who may do everything. */
  async admin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const brokers = [this.kafka('PLAINTEXT')];
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** As a user who may do everything. */
  async cql(...statements: readonly string[]): Promise<void> {
    const session = await this.#superSession();
    for (const cql of statements) await session.query(cql, [], { prepare: false });
    await session.close();
  }

  async makeCassandraUsers(): Promise<void> {
    const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
    const users = Object.entries(cassandraPasswords);
    await this.cql(
      ...users.map(
        ([user, password]) =>
          `CREATE ROLE ${user} WITH PASSWORD = ${quoted(password)} AND LOGIN = true`,
      ),
    );
  }

  /** The first user is made a moment after the server answers. */
  async #superSession(): Promise<CassandraSession> {
    const { cert, key } = this.client('storage');
    const options = {
      contactPoints: [this.cassandra],
      localDataCenter: 'datacenter1',
      username: storage.user,
      password: storage.password,
      tls: { caFile: this.authorityFile, certFile: cert, keyFile: key },
    };
    for (let tries = 1; ; tries++) {
      try {
        return await CassandraSession.open(options);
      } catch (error) {
        if (tries === 60) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }

  #plan(): void {
    const keysFile = join(this.#folder, 'keys.json');
    this.#issuer.writeKeys(keysFile);
    const [PLAINTEXT, CONTROLLER, , , SASL, MUTUAL, ELSEWHERE] = this.ports;
    const plan = planOf({
      authority: this.#authority,
      ...{ keysFile, plainUsers, scramUsers },
      ports: { PLAINTEXT, CONTROLLER, SASL, MUTUAL, ELSEWHERE },
    });
    this.file('plan.json', JSON.stringify(plan));
  }

  #run(command: 'up' | 'down'): Promise<void> {
    const [kafka, controller, cassandra, storagePort] = this.ports.map(String);
    const env = {
      ...process.env,
      DATA_DIR: this.#folder,
      KAFKA_PORT: kafka,
      KAFKA_CONTROLLER_PORT: controller,
      CASSANDRA_PORT: cassandra,
      CASSANDRA_STORAGE_PORT: storagePort,
    };
    const args = [join(__dirname, 'start-servers.mjs'), command, join(this.#folder, 'plan.json')];
    return new Promise((done, failed) =>
      execFile(process.execPath, args, { env }, (error, stdout, stderr) =>
        error === null ? done() : failed(new Error(`servers, ${command}:\n${stdout}${stderr}`)),
      ),
    );
  }
}
