import {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} from 'kafkajs';
import { Fault } from '../../streaming/index.js';
import { kafkaFault } from './kafka-client.js';

const answered = (type: string): Error =>
  Object.assign(new KafkaJSProtocolError(new Error(type)), { type });

test.each([
  ['INVALID_PRODUCER_EPOCH', 'KAFKA_PRODUCER_FENCED', 'Fenced'],
  ['PRODUCER_FENCED', 'KAFKA_PRODUCER_FENCED', 'Fenced'],
  ['INVALID_TXN_STATE', 'KAFKA_PRODUCER_FENCED', 'Fenced'],
  ['TOPIC_AUTHORIZATION_FAILED', 'KAFKA_DENIED', 'Fatal'],
  ['SASL_AUTHENTICATION_FAILED', 'KAFKA_DENIED', 'Fatal'],
  ['MESSAGE_TOO_LARGE', 'KAFKA_REFUSED', 'Fatal'],
  ['GROUP_COORDINATOR_NOT_AVAILABLE', 'KAFKA_TRANSACTION_UNDONE', 'Retry'],
  ['NOT_LEADER_FOR_PARTITION', 'KAFKA_TRANSACTION_UNDONE', 'Retry'],
])('%s is %s', (type, code, reaction) => {
  expect(kafkaFault(answered(type))).toMatchObject({ code, reaction });
});

test.each([
  ['ECONNREFUSED', 'KAFKA_UNREACHABLE', 'Retry'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'KAFKA_CERTIFICATE_REFUSED', 'Fatal'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'KAFKA_CERTIFICATE_REFUSED', 'Fatal'],
])('a connection that fails with %s is %s', (system, code, reaction) => {
  const error = new KafkaJSConnectionError('Connection error', { broker: 'a:1', code: system });
  expect(kafkaFault(error)).toMatchObject({ code, reaction });
});

test('what kafkajs gave up on is what it failed with', () => {
  const cause = answered('GROUP_AUTHORIZATION_FAILED');
  const given = new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 5, retryTime: 1 });
  expect(kafkaFault(given)).toMatchObject({ code: 'KAFKA_DENIED', cause: given });
});

test('an error nobody knows is a doubt: what is durable decides', () => {
  expect(kafkaFault(new KafkaJSNonRetriableError('x'))).toMatchObject({ reaction: 'Retry' });
  expect(kafkaFault(new TypeError('x'))).toMatchObject({ reaction: 'Retry' });
});

test('a fault stays the fault it is', () => {
  const fault = new Fault('LOG_TRIMMED', 'StateCorrupt', 'x');
  expect(kafkaFault(fault)).toBe(fault);
});
