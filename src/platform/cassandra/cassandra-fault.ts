import { Fault, type Facts } from '../../streaming/index.js';
import { cassandraErrors } from './errors.js';

type Code = keyof typeof cassandraErrors;

/** A fault of this folder with the reaction its code has. */
export const cassandraFault = (
  code: Code,
  message: string,
  options: { facts?: Facts; cause?: unknown } = {},
): Fault => new Fault(code, cassandraErrors[code].reaction, message, options);

// By name and not by class: under a test runner an error may be of another realm.
const field = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;

const nameOf = (error: unknown): unknown => field(error, 'name');

const messageOf = (error: unknown): string => {
  const message = field(error, 'message');
  return (typeof message === 'string' ? message : String(error)).split('\n', 1)[0];
};

/** Codes of the protocol's ERROR answer (native_protocol_v4.spec, section 9). */
const codeOfResponse: Readonly<Record<number, Code>> = {
  0x0000: 'CASSANDRA_FAILED',
  0x000a: 'CASSANDRA_FAILED',
  0x0100: 'CASSANDRA_LOGIN_REFUSED',
  0x1000: 'CASSANDRA_UNAVAILABLE',
  0x1001: 'CASSANDRA_OVERLOADED',
  0x1002: 'CASSANDRA_OVERLOADED',
  0x1003: 'CASSANDRA_FAILED',
  0x1100: 'CASSANDRA_TIMED_OUT',
  0x1200: 'CASSANDRA_TIMED_OUT',
  0x1300: 'CASSANDRA_FAILED',
  0x1500: 'CASSANDRA_FAILED',
  0x2000: 'CASSANDRA_STATEMENT_REFUSED',
  0x2100: 'CASSANDRA_NOT_ALLOWED',
  0x2200: 'CASSANDRA_STATEMENT_REFUSED',
  0x2300: 'CASSANDRA_STATEMENT_REFUSED',
  0x2400: 'CASSANDRA_STATEMENT_REFUSED',
};

/** Codes of OpenSSL and Node for a certificate that was not accepted. */
const certificateCode = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL/;

const afterClose = /after shutdown|shutting down|being shutdown/i;

/** What the hosts said that were tried; none of them took the request. */
const ofHosts = (error: unknown): Code => {
  if (afterClose.test(messageOf(error))) return 'CASSANDRA_CLOSED';
  const inner = Object.values((field(error, 'innerErrors') ?? {}) as Record<string, unknown>);
  const codes = inner.map((one) => codeOf(one)).filter((code) => code !== 'CASSANDRA_FAILED');
  // A host that answered tells more than one that could not be reached.
  return codes.find((code) => code !== 'CASSANDRA_UNREACHABLE') ?? 'CASSANDRA_UNREACHABLE';
};

const codeOf = (error: unknown): Code => {
  switch (nameOf(error)) {
    case 'NoHostAvailableError':
      return ofHosts(error);
    case 'AuthenticationError':
      return 'CASSANDRA_LOGIN_REFUSED';
    case 'OperationTimedOutError':
      return 'CASSANDRA_TIMED_OUT';
    case 'BusyConnectionError':
      return 'CASSANDRA_OVERLOADED';
    case 'ArgumentError':
      return 'CASSANDRA_SETTINGS_WRONG';
    case 'ResponseError':
      return codeOfResponse[field(error, 'code') as number] ?? 'CASSANDRA_FAILED';
  }
  const system = field(error, 'code');
  if (typeof system !== 'string') return closedOrFailed(error);
  return certificateCode.test(system) ? 'CASSANDRA_CERTIFICATE_REFUSED' : 'CASSANDRA_UNREACHABLE';
};

const closedOrFailed = (error: unknown): Code => {
  if (field(error, 'isSocketError') === true) return 'CASSANDRA_UNREACHABLE';
  return afterClose.test(messageOf(error)) ? 'CASSANDRA_CLOSED' : 'CASSANDRA_FAILED';
};

/**
 * What an error of the driver becomes. A Fault goes through as it is, and so does a TypeError: a
 * value of the wrong type is a bug of ours.
 */
export const driverFault = (error: unknown, statement?: string): unknown => {
  if (nameOf(error) === 'Fault' || nameOf(error) === 'TypeError') return error;
  return cassandraFault(codeOf(error), messageOf(error), { facts: { statement }, cause: error });
};

/** True for faults that another try of the same statement may get over. */
export const isRetryable = (error: unknown): boolean =>
  nameOf(error) === 'Fault' &&
  field(error, 'reaction') === 'Retry' &&
  field(error, 'code') !== 'CASSANDRA_CLOSED';
