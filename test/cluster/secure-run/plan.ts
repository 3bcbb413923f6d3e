import type { CertificateAuthority } from './certificates.js';

/** Passwords by user; no word of them occurs anywhere else. */
export type Passwords = Readonly<Record<string, string>>;

/** Listeners of the broker for its clients, beside the one that the test itself uses. */
export const listeners = ['SASL', 'MUTUAL', 'ELSEWHERE'] as const;
export type Listener = (typeof listeners)[number];

export interface PlannedServers {
  readonly authority: CertificateAuthority;
  /** File with the public keys of who issues tokens. */
  readonly keysFile: string;
  readonly plainUsers: Passwords;
  readonly scramUsers: Readonly<Record<'SCRAM-SHA-256' | 'SCRAM-SHA-512', Passwords>>;
  readonly ports: Readonly<Record<Listener | 'PLAINTEXT' | 'CONTROLLER', number>>;
}

const security = 'org.apache.kafka.common.security';

const jaas = (module: string, options: Passwords = {}): string => {
  const given = Object.entries(options).map(([name, value]) => ` ${name}="${value}"`);
  return `${security}.${module} required${given.join('')};`;
};

/** What is asked of those who come to listener SASL. */
const saslProperties = ({ plainUsers, keysFile }: PlannedServers): [string, string][] => {
  const users = Object.fromEntries(
    Object.entries(plainUsers).map(([user, password]) => [`user_${user}`, password]),
  );
  const own: [string, string][] = [
    ['sasl.enabled.mechanisms', 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER'],
    ['plain.sasl.jaas.config', jaas('plain.PlainLoginModule', users)],
    ['scram-sha-256.sasl.jaas.config', jaas('scram.ScramLoginModule')],
    ['scram-sha-512.sasl.jaas.config', jaas('scram.ScramLoginModule')],
    ['oauthbearer.sasl.jaas.config', jaas('oauthbearer.OAuthBearerLoginModule')],
    [
      'oauthbearer.sasl.server.callback.handler.class',
      `${security}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
    ],
  ];
  return [
    ...own.map(([name, value]): [string, string] => [`listener.name.sasl.${name}`, value]),
    // the one that Kafka 4.1 takes by itself looks at no signature
    ['sasl.oauthbearer.jwt.validator.class', `${security}.oauthbearer.BrokerJwtValidator`],
    ['sasl.oauthbearer.jwks.endpoint.url', `file://${keysFile}`],
  ];
};

const tlsProperties = ({ authority }: PlannedServers): [string, string][] => {
  const here = authority.sign('broker', ['IP:127.0.0.1', 'DNS:localhost']);
  const elsewhere = authority.sign('elsewhere', ['DNS:broker.elsewhere.example']);
  return [
    ['ssl.keystore.type', 'PEM'],
    ['ssl.keystore.location', here.both],
    ['ssl.truststore.type', 'PEM'],
    ['ssl.truststore.location', authority.cert],
    ['listener.name.mutual.ssl.client.auth', 'required'],
    ['listener.name.elsewhere.ssl.keystore.type', 'PEM'],
    ['listener.name.elsewhere.ssl.keystore.location', elsewhere.both],
    ['ssl.principal.mapping.rules', 'RULE:^CN=(.*)$/$1/,DEFAULT'],
  ];
};

/** Lines of server.properties: who comes has to log in, and may do what an entry allows. */
const kafkaProperties = (planned: PlannedServers): string => {
  const addresses = Object.entries(planned.ports).map(
    ([name, port]) => `${name}://127.0.0.1:${port}`,
  );
  const properties: [string, string][] = [
    ['listeners', addresses.join(',')],
    [
      'listener.security.protocol.map',
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL,ELSEWHERE:SSL',
    ],
    ['authorizer.class.name', 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'],
    // the test itself, which comes by PLAINTEXT
    ['super.users', 'User:ANONYMOUS'],
    ...tlsProperties(planned),
    ...saslProperties(planned),
  ];
  return properties.map(([name, value]) => `${name}=${value}\n`).join('');
};

/** Lines of cassandra.yaml: only TLS, only with a certificate, only known users. */
const cassandraYaml = ({ authority }: PlannedServers): string => {
  const node = authority.sign('node', ['IP:127.0.0.1', 'DNS:localhost']);
  return `authenticator: PasswordAuthenticator
authorizer: CassandraAuthorizer
role_manager: CassandraRoleManager
client_encryption_options:
  enabled: true
  optional: false
  require_client_auth: true
  ssl_context_factory:
    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
  keystore: ${node.both}
  truststore: ${authority.cert}
`;
};

/** What start-servers.mjs reads. */
export const planOf = (planned: PlannedServers): object => {
  const { authority, scramUsers, keysFile } = planned;
  const { cert, key } = authority.sign('asking');
  return {
    kafka: {
      properties: kafkaProperties(planned),
      formatOptions: Object.entries(scramUsers).flatMap(([mechanism, users]) =>
        Object.entries(users).flatMap(([name, password]) => [
          ...['--add-scram', `${mechanism}=[name=${name},password=${password}]`],
        ]),
      ),
      javaOptions: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://${keysFile}`],
    },
    cassandra: {
      yaml: cassandraYaml(planned),
      // a start warns of it, when the user may see it
      replaced: ['commitlog_sync: batch', 'commitlog_sync: periodic\ncommitlog_sync_period: 10s'],
      javaOptions: ['-Dcassandra.superuser_setup_delay_ms=0'],
      tlsFiles: { ca: authority.cert, cert, key },
    },
  };
};
