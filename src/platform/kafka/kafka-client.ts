import type { ConnectionOptions } from 'node:tls';
import { Kafka, logLevel, type LogEntry, type Mechanism, type SASLOptions } from 'kafkajs';
import { Fault } from '../../streaming/index.js';
import { kafkaErrors } from './errors.js';
import { keepCoordinators } from './kafkajs/kept-coordinators.js';
import { oauthBearer } from './kafkajs/oauth-bearer.js';
import { connectWholeOrNotAtAll } from './kafkajs/whole-connections.js';

/** How to reach the brokers. */
export interface KafkaOptions {
  /** host:port. */
  readonly bootstrapServers: readonly string[];
  readonly clientId: string;
  readonly ssl?: ConnectionOptions;
  readonly sasl?: SASLOptions;
}

/** Told of what the client does; `debug` is the usual business of brokers that come and go. */
export interface KafkaLog {
  debug(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
}

/**
 * Else each CONCURRENT_TRANSACTIONS, normal right behind a commit, costs 300 ms. The bounds of a
 * whole transaction are the sender's.
 */
const retry = { initialRetryTime: 5, multiplier: 1.5, factor: 0, maxRetryTime: 200, retries: 40 };
const requestTimeoutMs = 10_000;
const connectionTimeoutMs = 3_000;

connectWholeOrNotAtAll();
keepCoordinators();

const loginBy = (sasl: SASLOptions): SASLOptions | Mechanism =>
  sasl.mechanism === 'oauthbearer' ? oauthBearer(sasl.oauthBearerProvider) : sasl;

/** A client of the brokers; connects when it is used. */
export const newKafka = (options: KafkaOptions, log: KafkaLog): Kafka =>
  new Kafka({
    brokers: [...options.bootstrapServers],
    clientId: options.clientId,
    ...(options.ssl && { ssl: options.ssl }),
    ...(options.sasl && { sasl: loginBy(options.sasl) }),
    retry,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    connectionTimeout: connectionTimeoutMs,
    logLevel: logLevel.WARN,
    // what goes wrong is told by the fault it becomes; kafkajs tells each try
    logCreator: () => (entry: LogEntry) => log.debug(`kafka: ${textOf(entry)}`),
  });

const textOf = ({ namespace, log }: LogEntry): string => {
  const error = typeof log.error === 'string' ? `: ${log.error}` : '';
  return `${namespace}: ${log.message}${error}`;
};

const fenced = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
]);
const denied = /AUTHORIZATION_FAILED|SASL_AUTHENTICATION|ILLEGAL_SASL_STATE|SECURITY_DISABLED/;
/** Codes of OpenSSL and Node for a certificate that was not accepted. */
const certificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL/;
const refused = new Set([
  'UNSUPPORTED_VERSION',
  'INVALID_REQUEST',
  'INVALID_TOPIC_EXCEPTION',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TIMESTAMP',
  'INVALID_REQUIRED_ACKS',
  'INVALID_TRANSACTION_TIMEOUT',
]);

interface KafkaError {
  readonly name?: string;
  readonly type?: string;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** The error at the bottom: kafkajs wraps what it gave up on. */
const innermost = (error: unknown): KafkaError => {
  let at = error as KafkaError;
  while (at.type === undefined && at.cause instanceof Error) at = at.cause;
  return at;
};

type Code = keyof typeof kafkaErrors;

/** What a broker answered, by the name of the protocol. */
const codeOfType = (type: string): Code | undefined => {
  if (fenced.has(type)) return 'KAFKA_PRODUCER_FENCED';
  if (denied.test(type)) return 'KAFKA_DENIED';
  return refused.has(type) ? 'KAFKA_REFUSED' : undefined;
};

const codeOfName = (name: string): Code => {
  if (name === 'KafkaJSSASLAuthenticationError') return 'KAFKA_DENIED';
  if (name === 'KafkaJSRequestTimeoutError') return 'KAFKA_TIMED_OUT';
  const isAway = name.startsWith('KafkaJSConnection') || name.includes('Broker');
  return isAway ? 'KAFKA_UNREACHABLE' : 'KAFKA_TRANSACTION_UNDONE';
};

const codeOf = ({ name = '', type = '', code }: KafkaError): Code =>
  typeof code === 'string' && certificate.test(code)
    ? 'KAFKA_CERTIFICATE_REFUSED'
    : (codeOfType(type) ?? codeOfName(name));

/** The fault that an error of kafkajs is. What is not known is tried again from what is durable. */
export const kafkaFault = (error: unknown): Fault => {
  if (error instanceof Fault) return error;
  const inner = innermost(error);
  const code = codeOf(inner);
  const { reaction, meaning } = kafkaErrors[code];
  const [detail] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  return new Fault(code, reaction, `${meaning} ${detail}`, { cause: error });
};
