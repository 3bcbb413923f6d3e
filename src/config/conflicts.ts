import { declared, type DeclaredField } from './declared.js';
import type { ReadFile, SettingsFault } from './settings-fault.js';
import type { Settings } from './settings.js';

/** The settings as far as each could be read by itself, and where each was written. */
export interface ReadSettings {
  /** A field that has a fault of its own is not there; one that was not set may be undefined. */
  readonly values: Partial<Settings>;
  readonly pathOf: (field: DeclaredField) => string;
  readonly readFile: ReadFile;
}

/** `false`: none. */
type Conflict = readonly [field: DeclaredField, message: string] | false;

/** A rule is asked only when all it reads is free of faults, so no fault is told twice. */
interface Rule {
  readonly reads: readonly DeclaredField[];
  readonly conflicts: (settings: Settings) => readonly Conflict[];
}

const nameOf = (field: DeclaredField): string => declared[field].name;

const rulesOfEmbedded: readonly Rule[] = [
  {
    reads: ['roles'],
    conflicts: ({ roles }) => [
      !(roles.includes('ingest') && roles.includes('api')) && [
        'roles',
        'a process without ingest or without api needs STORE=cluster',
      ],
    ],
  },
];

interface Login {
  readonly username: DeclaredField;
  readonly password: DeclaredField;
  readonly file: DeclaredField;
}

const kafkaLogin = {
  username: 'kafkaSaslUsername',
  password: 'kafkaSaslPassword',
  file: 'kafkaSaslPasswordFile',
} as const;

const cassandraLogin = {
  username: 'cassandraUsername',
  password: 'cassandraPassword',
  file: 'cassandraPasswordFile',
} as const;

/** A user and one of the two ways to give a password, or none of the three. */
const conflictsOfLogin = (settings: Settings, login: Login): Conflict[] => {
  const { username, password, file } = login;
  const isSet = (field: DeclaredField): boolean => settings[field] !== undefined;
  const hasPassword = isSet(password) || isSet(file);
  const given = isSet(password) ? password : file;
  return [
    isSet(password) &&
      isSet(file) && [file, `is set beside ${nameOf(password)}; set only one of the two`],
    isSet(username) && !hasPassword && [username, `needs ${nameOf(password)} or ${nameOf(file)}`],
    hasPassword && !isSet(username) && [given, `needs ${nameOf(username)}`],
  ];
};

const saslFields = [
  'kafkaSaslMechanism',
  'kafkaSaslUsername',
  'kafkaSaslPassword',
  'kafkaSaslPasswordFile',
  'kafkaSaslTokenFile',
] as const;

const [, ...credentialFields] = saslFields;

/** The fields that are set although `why`. */
const useless = (
  settings: Settings,
  { fields, why }: { readonly fields: readonly DeclaredField[]; readonly why: string },
): Conflict[] =>
  fields.filter((field) => settings[field] !== undefined).map((field): Conflict => [field, why]);

const conflictsOfSasl = (settings: Settings): Conflict[] => {
  const { kafkaSaslMechanism: mechanism, kafkaSecurityProtocol: protocol } = settings;
  if (!protocol.startsWith('SASL_')) {
    const why = `is set, but KAFKA_SECURITY_PROTOCOL=${protocol} does not log in`;
    return useless(settings, { fields: saslFields, why });
  }
  if (mechanism === undefined) {
    return [['kafkaSaslMechanism', `must be set with KAFKA_SECURITY_PROTOCOL=${protocol}`]];
  }
  const why = `does not go with KAFKA_SASL_MECHANISM=${mechanism}`;
  const needed = `must be set with KAFKA_SASL_MECHANISM=${mechanism}`;
  if (mechanism === 'OAUTHBEARER') {
    const fields = credentialFields.filter((field) => field !== 'kafkaSaslTokenFile');
    return [
      settings.kafkaSaslTokenFile === undefined && ['kafkaSaslTokenFile', needed],
      ...useless(settings, { fields, why }),
    ];
  }
  const isNothingSet = Object.values(kafkaLogin).every((field) => settings[field] === undefined);
  return [
    isNothingSet && ['kafkaSaslUsername', needed],
    ...useless(settings, { fields: ['kafkaSaslTokenFile'], why }),
    ...conflictsOfLogin(settings, kafkaLogin),
  ];
};

const kafkaTlsFiles = ['kafkaTlsCaFile', 'kafkaTlsCertFile', 'kafkaTlsKeyFile'] as const;
const cassandraTlsFiles = [
  'cassandraTlsCaFile',
  'cassandraTlsCertFile',
  'cassandraTlsKeyFile',
] as const;

/** A certificate needs its key and the other way round; without encryption none has an effect. */
const conflictsOfTls = (
  settings: Settings,
  tls: { readonly files: typeof kafkaTlsFiles | typeof cassandraTlsFiles; readonly off?: string },
): Conflict[] => {
  const { files, off } = tls;
  if (off !== undefined) {
    return useless(settings, { fields: files, why: `is set, but ${off} does not encrypt` });
  }
  const [, cert, key] = files;
  const isSet = (field: DeclaredField): boolean => settings[field] !== undefined;
  return [
    isSet(cert) && !isSet(key) && [cert, `needs ${nameOf(key)}`],
    isSet(key) && !isSet(cert) && [key, `needs ${nameOf(cert)}`],
  ];
};

const topics = [
  'topicIncomingDataRecords',
  'topicAgreements',
  'topicDataRecordsAggregates',
  'topicImportFiles',
] as const;

const conflictsOfTopics = (settings: Settings): Conflict[] =>
  topics.map((field, i): Conflict => {
    const same = topics.slice(0, i).find((other) => settings[other] === settings[field]);
    return same !== undefined && [field, `is the same topic as ${nameOf(same)}`];
  });

const rulesOfCluster: readonly Rule[] = [
  {
    reads: ['partitions', 'shards'],
    conflicts: ({ partitions, shards }) => [
      shards % partitions !== 0 && [
        'shards',
        `must be a multiple of PARTITIONS, and ${shards} is no multiple of ${partitions}`,
      ],
    ],
  },
  { reads: topics, conflicts: conflictsOfTopics },
  { reads: ['kafkaSecurityProtocol', ...saslFields], conflicts: conflictsOfSasl },
  {
    reads: ['kafkaSecurityProtocol', ...kafkaTlsFiles],
    conflicts: (settings) => {
      const protocol = settings.kafkaSecurityProtocol;
      const off = protocol.endsWith('SSL') ? undefined : `KAFKA_SECURITY_PROTOCOL=${protocol}`;
      return conflictsOfTls(settings, { files: kafkaTlsFiles, off });
    },
  },
  {
    reads: Object.values(cassandraLogin),
    conflicts: (settings) => conflictsOfLogin(settings, cassandraLogin),
  },
  {
    reads: ['cassandraTls', ...cassandraTlsFiles],
    conflicts: (settings) => {
      const off = settings.cassandraTls ? undefined : 'CASSANDRA_TLS=off';
      return conflictsOfTls(settings, { files: cassandraTlsFiles, off });
    },
  },
];

const fileFields = [
  'kafkaSaslPasswordFile',
  'kafkaSaslTokenFile',
  ...kafkaTlsFiles,
  'cassandraPasswordFile',
  ...cassandraTlsFiles,
] as const;

/** Why a file cannot be used; what is in it is never told. */
const faultOfFile = (path: string, readFile: ReadFile): string | undefined => {
  try {
    const content = readFile(path);
    if (content === undefined) return `there is no file ${path}`;
    return content.trim() === '' ? `the file ${path} is empty` : undefined;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
};

const faultsOfFiles = ({ values, pathOf, readFile }: ReadSettings): SettingsFault[] =>
  fileFields.flatMap((field): SettingsFault[] => {
    const file = values[field];
    const message = file === undefined ? undefined : faultOfFile(file, readFile);
    if (message === undefined) return [];
    return [{ path: pathOf(field), message, code: 'SETTING_FILE_UNREADABLE' }];
  });

/**
 * The faults between settings, for the way to run that STORE chose; none when STORE itself cannot
 * be read.
 */
export const conflictsIn = (read: ReadSettings): SettingsFault[] => {
  const { values, pathOf } = read;
  if (values.store === undefined) return [];
  const isCluster = values.store === 'cluster';
  const rules = isCluster ? rulesOfCluster : rulesOfEmbedded;
  const found = rules
    .filter(({ reads }) => reads.every((field) => field in values))
    .flatMap(({ conflicts }) => conflicts(values as Settings))
    .filter((conflict) => conflict !== false)
    .map(([field, message]): SettingsFault => {
      return { path: pathOf(field), message, code: 'SETTINGS_CONFLICT' };
    });
  return isCluster ? [...found, ...faultsOfFiles(read)] : found;
};
