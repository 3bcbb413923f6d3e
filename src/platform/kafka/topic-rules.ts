/** A topic as it has to be. */
export interface WantedTopic {
  readonly name: string;
  readonly partitions: number;
  /** Copies when it is made; later only looked at. */
  readonly replicationFactor: number;
  /**
   * `events`: nothing may go until it was read, however old its time. `messages`: for others to
   * read. `latest`: the newest of each key is what counts.
   */
  readonly keeps: 'events' | 'messages' | 'latest';
  /** How far ahead of the broker's clock the times of its events may be. */
  readonly aheadMs: number;
  /** True when the brokers have to refuse what is further ahead than that. */
  readonly isAheadBounded?: boolean;
  /** How far behind it they may be; 366 days unless said. */
  readonly behindMs?: number;
  readonly needs: readonly Operation[];
}

export type Operation = 'READ' | 'WRITE' | 'DESCRIBE' | 'DESCRIBE_CONFIGS';

/** What the brokers say of a topic or of themselves, by the name of the setting. */
export type Configs = ReadonlyMap<string, string>;

/** What was found: a difference stops the start, a warning tells what a setting can cost. */
export interface Finding {
  readonly difference?: string;
  /** Without the name of the topic: what several have in common is told once. */
  readonly warning?: string;
  /** The setting of the topic that takes the difference away. */
  readonly fix?: readonly [name: string, value: string];
}

/** The longest time Kafka can be told, in milliseconds: Long.MAX_VALUE. */
const ever = '9223372036854775807';
const dayMs = 86_400_000;
/** A year of events may be counted late; nobody delivers older ones. */
const leastRetentionMs = 366 * dayMs;
/** Clocks of brokers and of those who write differ. */
const clockMarginMs = 3_600_000;
/** The largest batch of records that is ever sent, with its header; a record can be as large. */
const leastMessageBytes = 1_048_576;

const numberOf = (configs: Configs, name: string): number | undefined => {
  const text = configs.get(name);
  return text === undefined ? undefined : Number(text);
};

const inDays = (ms: number): string => `${Math.round((ms / dayMs) * 10) / 10} days`;

/** `replicas`: of the partition that has the fewest. */
type Rule = (topic: WantedTopic, configs: Configs, replicas: number) => Finding | undefined;

const cleanupPolicy: Rule = ({ name, keeps }, configs) => {
  const wanted = keeps === 'latest' ? 'compact' : 'delete';
  const found = configs.get('cleanup.policy');
  if (found === undefined || found === wanted) return undefined;
  const why =
    keeps === 'latest'
      ? 'by age the newest of a key would be deleted'
      : 'compaction deletes all but the newest of a key';
  return {
    difference: `Topic ${name}: cleanup.policy is ${found} and has to be ${wanted}; ${why}.`,
    fix: ['cleanup.policy', wanted],
  };
};

/** Kafka's default is 7 days by the time in the event: what is older goes before it is read. */
const retentionByAge: Rule = ({ name, keeps }, configs) => {
  const found = numberOf(configs, 'retention.ms');
  if (keeps === 'latest' || found === undefined || found < 0) return undefined;
  const is = `retention.ms is ${found} (${inDays(found)})`;
  if (keeps === 'messages') {
    return { warning: `${is}. Messages with an older time are deleted; -1 keeps them.` };
  }
  if (found >= leastRetentionMs) {
    return { warning: `${is}. Events that happened earlier are deleted before they are read.` };
  }
  const fix = ['retention.ms', '-1'] as const;
  const why = 'an event carries the time it happened, and older ones would be lost unread';
  const least = `at least ${leastRetentionMs} (366 days)`;
  return { difference: `Topic ${name}: ${is} and has to be -1, or ${least}: ${why}.`, fix };
};

const retentionBySize: Rule = ({ name, keeps }, configs) => {
  const found = numberOf(configs, 'retention.bytes');
  if (keeps === 'latest' || found === undefined || found < 0) return undefined;
  const is = `retention.bytes is ${found}`;
  if (keeps === 'messages') {
    return { warning: `${is}. The oldest messages are deleted when there are more.` };
  }
  const difference = `Topic ${name}: ${is} and has to be -1: events would be lost unread.`;
  return { difference, fix: ['retention.bytes', '-1'] };
};

const timestampType: Rule = ({ name }, configs) => {
  const found = configs.get('message.timestamp.type');
  if (found === undefined || found === 'CreateTime') return undefined;
  return {
    difference:
      `Topic ${name}: message.timestamp.type is ${found} and has to be CreateTime: ` +
      'the time of an event is part of it.',
    fix: ['message.timestamp.type', 'CreateTime'],
  };
};

const ahead = 'message.timestamp.after.max.ms';

/** As far as times may be ahead; with a margin, as the clocks of brokers and of others differ. */
const mostAheadOf = ({ aheadMs, isAheadBounded }: WantedTopic): string =>
  isAheadBounded === true ? String(aheadMs + clockMarginMs) : ever;

/** From Kafka 4.0 on a time more than an hour ahead is refused by default (KIP-937). */
const timestampAhead: Rule = (topic, configs) => {
  const { name, aheadMs } = topic;
  const found = numberOf(configs, ahead);
  const least = aheadMs + clockMarginMs;
  if (found === undefined || found >= least) return undefined;
  return {
    difference:
      `Topic ${name}: ${ahead} is ${found} and has to be at least ${least}: ` +
      'Kafka would refuse what is stamped further ahead.',
    fix: [ahead, mostAheadOf(topic)],
  };
};

/** Only the brokers know what time it is when any producer writes; before 3.6 they do not look. */
const timestampFarAhead: Rule = (topic, configs) => {
  const { name, aheadMs } = topic;
  const found = numberOf(configs, ahead);
  const most = aheadMs + dayMs;
  if (topic.isAheadBounded !== true || (found !== undefined && found <= most)) return undefined;
  if (found === undefined) {
    return {
      warning:
        `${ahead} is not known to these brokers (Kafka 3.6 and later have it). A producer whose ` +
        'clock is far ahead is not refused by them.',
    };
  }
  return {
    difference:
      `Topic ${name}: ${ahead} is ${configs.get(ahead)} and has to be at most ${most}: ` +
      'a producer whose clock is fast could close every period.',
    fix: [ahead, mostAheadOf(topic)],
  };
};

const timestampBehind: Rule = ({ name, behindMs: least = leastRetentionMs }, configs) => {
  const setting = 'message.timestamp.before.max.ms';
  const found = numberOf(configs, setting);
  if (found === undefined || found >= least) return undefined;
  return {
    difference:
      `Topic ${name}: ${setting} is ${found} and has to be at least ${least} ` +
      `(${inDays(least)}): Kafka would refuse what happened earlier.`,
    fix: [setting, ever],
  };
};

/** Only gzip can be read; whatever a producer sends, the broker stores it as told. */
const compression: Rule = ({ name }, configs) => {
  const found = configs.get('compression.type');
  if (found === undefined) return undefined;
  if (found === 'uncompressed' || found === 'gzip') return undefined;
  return {
    difference:
      `Topic ${name}: compression.type is ${found} and has to be uncompressed or gzip: ` +
      'what a producer compresses with snappy, lz4 or zstd could not be read.',
    fix: ['compression.type', 'uncompressed'],
  };
};

const messageSize: Rule = ({ name }, configs) => {
  const found = numberOf(configs, 'max.message.bytes');
  if (found === undefined || found >= leastMessageBytes) return undefined;
  return {
    difference:
      `Topic ${name}: max.message.bytes is ${found} and has to be at least ` +
      `${leastMessageBytes}: larger batches of records are sent.`,
    fix: ['max.message.bytes', String(leastMessageBytes)],
  };
};

const inSync: Rule = ({ name }, configs, replicas) => {
  const least = numberOf(configs, 'min.insync.replicas') ?? replicas;
  if (least > replicas) {
    return {
      difference:
        `Topic ${name}: min.insync.replicas is ${least}, and it has ${replicas} replica(s): ` +
        'nothing can be written.',
    };
  }
  if (least > 1 || replicas === 1) return undefined;
  return {
    warning:
      'min.insync.replicas is 1. A broker that is lost for good takes with it what it alone ' +
      'had acknowledged; 2 of 3 replicas keep it.',
  };
};

/** What one replica means; also told of the topics in which Kafka keeps positions. */
export const oneReplica =
  'one replica. What its broker loses is lost, acknowledged or not; 3 replicas keep it.';

const replicaCount: Rule = (_topic, _configs, replicas) =>
  replicas === 1 ? { warning: oneReplica } : undefined;

const uncleanLeader: Rule = (_topic, configs) => {
  if (configs.get('unclean.leader.election.enable') !== 'true') return undefined;
  return {
    warning:
      'unclean.leader.election.enable is true. A broker that is behind can become leader, and ' +
      'what it has not is lost though it was acknowledged.',
  };
};

const rules: readonly Rule[] = [
  cleanupPolicy,
  retentionByAge,
  retentionBySize,
  timestampType,
  timestampAhead,
  timestampFarAhead,
  timestampBehind,
  compression,
  messageSize,
  replicaCount,
  inSync,
  uncleanLeader,
];

/** What the settings of a topic that is there say. */
export const topicFindings = (topic: WantedTopic, configs: Configs, replicas: number): Finding[] =>
  rules.flatMap((rule) => rule(topic, configs, replicas) ?? []);

/** The settings a topic is made with. */
export const configsOf = (topic: WantedTopic): Readonly<Record<string, string>> => ({
  'cleanup.policy': topic.keeps === 'latest' ? 'compact' : 'delete',
  'message.timestamp.type': 'CreateTime',
  [ahead]: mostAheadOf(topic),
  'message.timestamp.before.max.ms': ever,
  'min.insync.replicas': String(Math.min(2, topic.replicationFactor)),
  'unclean.leader.election.enable': 'false',
  'compression.type': 'uncompressed',
  ...(topic.keeps !== 'latest' && {
    'retention.ms': '-1',
    'retention.bytes': '-1',
    // by default a segment ends with 7 days of event time, so a year's records make many
    'segment.ms': ever,
  }),
});

/** The times that this program asks of the brokers. */
export interface WantedBroker {
  readonly sessionTimeoutMs: number;
  readonly transactionTimeoutMs: number;
}

/** Ten years, as `npm run cluster:up` sets it. */
const longOffsetsRetentionMinutes = 5_256_000;
const minutesOfAYear = 527_040;

const sessionFindings = (sessionTimeoutMs: number, configs: Configs): Finding[] => {
  const least = numberOf(configs, 'group.min.session.timeout.ms') ?? 0;
  const most = numberOf(configs, 'group.max.session.timeout.ms') ?? Infinity;
  if (sessionTimeoutMs >= least && sessionTimeoutMs <= most) return [];
  const is = `KAFKA_SESSION_TIMEOUT is ${sessionTimeoutMs} ms`;
  return [{ difference: `${is}; the brokers allow ${least} to ${most} ms.` }];
};

/** What the settings of the brokers say; they can only be changed where the brokers are started. */
export const brokerFindings = (wanted: WantedBroker, configs: Configs): Finding[] => {
  const { sessionTimeoutMs, transactionTimeoutMs } = wanted;
  const most = numberOf(configs, 'transaction.max.timeout.ms');
  const kept = numberOf(configs, 'offsets.retention.minutes');
  const findings = sessionFindings(sessionTimeoutMs, configs);
  if (most !== undefined && transactionTimeoutMs > most) {
    const asked = `KAFKA_TRANSACTION_TIMEOUT is ${transactionTimeoutMs} ms`;
    findings.push({ difference: `${asked}; the brokers allow ${most} ms.` });
  }
  if (kept !== undefined && kept < minutesOfAYear) {
    findings.push({
      warning:
        `offsets.retention.minutes is ${kept} (${inDays(kept * 60_000)}). When no ` +
        'process runs for so long, the positions are forgotten, and the log is counted again ' +
        `from its start. It can only be set where the brokers are started: ` +
        `${longOffsetsRetentionMinutes} is ten years.`,
    });
  }
  return findings;
};
