import { connect } from 'node:net';

/** How long one answer is waited for, in milliseconds. */
const answerMs = 2_000;

/**
 * Sends one request to 127.0.0.1 and resolves to the bytes of the answer, which is whole once it
 * has `lengthOf(bytes)` of them (undefined: not known yet). Rejects when there is none.
 */
const exchange = (port, request, lengthOf) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let received = Buffer.alloc(0);
    const end = (settle, value) => {
      socket.destroy();
      settle(value);
    };
    socket.setTimeout(answerMs, () => end(reject, new Error('it accepts but does not answer')));
    socket.once('error', (error) => end(reject, error));
    socket.once('close', () => reject(new Error('it closed the connection')));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const length = lengthOf(received);
      if (length !== undefined && received.length >= length) end(resolve, received);
    });
    socket.write(request);
  });

const clientId = Buffer.from('overage');

/** A Kafka request with header version 1: size, api key, its version, correlation id, client id. */
export const kafkaRequest = (apiKey, apiVersion, body) => {
  const header = Buffer.alloc(14);
  header.writeInt32BE(10 + clientId.length + body.length, 0);
  header.writeInt16BE(apiKey, 4);
  header.writeInt16BE(apiVersion, 6);
  header.writeInt32BE(1, 8);
  header.writeInt16BE(clientId.length, 12);
  return Buffer.concat([header, clientId, body]);
};

const kafkaLength = (bytes) => (bytes.length < 4 ? undefined : 4 + bytes.readInt32BE(0));

/** ApiVersions v0 → error code after size and correlation id. */
const apiVersions = kafkaRequest(18, 0, Buffer.alloc(0));
/** Metadata v1 of no topic → brokers {node id, host, port, rack}. */
const metadata = kafkaRequest(3, 1, Buffer.alloc(4));

/** The ports of the brokers in an answer to Metadata v1. */
export const brokerPortsOf = (answer) => {
  const ports = [];
  let at = 12;
  for (let left = answer.readInt32BE(8); left > 0; left--) {
    at += 4; // node id
    at += 2 + answer.readInt16BE(at); // host
    ports.push(answer.readInt32BE(at));
    at += 4;
    at += 2 + Math.max(0, answer.readInt16BE(at)); // rack; -1 when there is none
  }
  return ports;
};

/** Resolves when the Kafka on this port takes part as a broker; rejects with the reason if not. */
export const askKafka = async (port) => {
  const versions = await exchange(port, apiVersions, kafkaLength);
  const code = versions.length < 10 ? 'none' : versions.readInt16BE(8);
  if (code !== 0) throw new Error(`ApiVersions was answered with error ${code}`);
  const brokers = brokerPortsOf(await exchange(port, metadata, kafkaLength));
  if (!brokers.includes(port)) throw new Error('the broker is not registered yet');
};

/** CQL, native protocol 4: version, flags, stream (2 bytes), operation 5 OPTIONS, length (4). */
const cqlOptions = Buffer.from([4, 0, 0, 0, 5, 0, 0, 0, 0]);
const cqlSupported = 6;
const cqlLength = (bytes) => (bytes.length < 9 ? undefined : 9 + bytes.readInt32BE(5));

/** Resolves when the Cassandra on this port takes queries; rejects with the reason if not. */
export const askCassandra = async (port) => {
  const answer = await exchange(port, cqlOptions, cqlLength);
  if (answer[4] !== cqlSupported) throw new Error(`OPTIONS was answered with ${answer[4]}`);
};
