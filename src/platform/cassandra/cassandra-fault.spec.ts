import { errors } from 'cassandra-driver';
import { Fault } from '../../streaming/index.js';
import { driverFault, isRetryable } from './cassandra-fault.js';

const refused = (code: number): Error => new errors.ResponseError(code, 'planted');
const system = (code: string): Error => Object.assign(new Error('planted'), { code });
const ofHosts = (...inner: Error[]): Error =>
  new errors.NoHostAvailableError(Object.fromEntries(inner.map((error, at) => [at, error])));

test.each([
  ['a replica that is missing', refused(0x1000), 'CASSANDRA_UNAVAILABLE', 'Retry'],
  ['a node with too much to do', refused(0x1001), 'CASSANDRA_OVERLOADED', 'Retry'],
  ['a write that took too long', refused(0x1100), 'CASSANDRA_TIMED_OUT', 'Retry'],
  ['a read that took too long', refused(0x1200), 'CASSANDRA_TIMED_OUT', 'Retry'],
  ['a replica that failed', refused(0x1500), 'CASSANDRA_FAILED', 'Retry'],
  ['an error nobody knows', refused(0x7777), 'CASSANDRA_FAILED', 'Retry'],
  ['a table that is missing', refused(0x2200), 'CASSANDRA_STATEMENT_REFUSED', 'Fatal'],
  ['a right that is missing', refused(0x2100), 'CASSANDRA_NOT_ALLOWED', 'Fatal'],
  ['no answer', new errors.OperationTimedOutError('planted'), 'CASSANDRA_TIMED_OUT', 'Retry'],
  [
    'a wrong password',
    new errors.AuthenticationError('planted'),
    'CASSANDRA_LOGIN_REFUSED',
    'Fatal',
  ],
  ['a closed port', ofHosts(system('ECONNREFUSED')), 'CASSANDRA_UNREACHABLE', 'Retry'],
  ['no host at all', ofHosts(), 'CASSANDRA_UNREACHABLE', 'Retry'],
  [
    'a certificate of nobody',
    ofHosts(system('ECONNREFUSED'), system('DEPTH_ZERO_SELF_SIGNED_CERT')),
    'CASSANDRA_CERTIFICATE_REFUSED',
    'Fatal',
  ],
  [
    'a certificate of another host',
    ofHosts(system('ERR_TLS_CERT_ALTNAME_INVALID')),
    'CASSANDRA_CERTIFICATE_REFUSED',
    'Fatal',
  ],
  [
    'a data center that is not there',
    ofHosts(new errors.ArgumentError('planted')),
    'CASSANDRA_SETTINGS_WRONG',
    'Fatal',
  ],
  [
    'a session that was closed',
    new errors.NoHostAvailableError(null, 'Connecting after shutdown is not supported'),
    'CASSANDRA_CLOSED',
    'Retry',
  ],
])('%s has its code', (...[, error, code, reaction]) => {
  const fault = driverFault(error, 'SELECT');
  expect(fault).toBeInstanceOf(Fault);
  expect(fault).toMatchObject({ code, reaction, facts: { statement: 'SELECT' }, cause: error });
});

test('a Fault and a wrong value of ours stay what they are', () => {
  const fault = new Fault('X', 'Retry', 'planted');
  const bug = new TypeError('Expected Long');
  expect(driverFault(fault)).toBe(fault);
  expect(driverFault(bug)).toBe(bug);
});

test('what passes is tried again, but not when the session is closed or it was refused', () => {
  const retryable = (error: Error): boolean => isRetryable(driverFault(error));
  expect(retryable(refused(0x1100))).toBe(true);
  expect(retryable(ofHosts(system('ECONNRESET')))).toBe(true);
  expect(retryable(refused(0x2100))).toBe(false);
  expect(retryable(new TypeError('planted'))).toBe(false);
  const closed = new errors.NoHostAvailableError(
    null,
    'Connecting after shutdown is not supported',
  );
  expect(retryable(closed)).toBe(false);
});
