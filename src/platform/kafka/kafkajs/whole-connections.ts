import Broker from 'kafkajs/src/broker/index.js';
import Connection from 'kafkajs/src/network/connection.js';

const sizeBytes = 4;

const broker = { connect: Broker.prototype.connect };
const connection = {
  connect: Connection.prototype.connect,
  disconnect: Connection.prototype.disconnect,
  send: Connection.prototype.send,
};

/** On a socket whose first request was not answered the broker would count as connected. */
const connectBroker = async function (this: Broker): Promise<void> {
  try {
    await broker.connect.call(this);
  } catch (error) {
    await this.disconnect().catch(() => undefined);
    throw error;
  }
};

/** What came of an answer before the socket broke is no beginning of the next one's answers. */
const connectSocket = function (this: Connection): Promise<boolean> {
  if (!this.isConnected()) {
    this.chunks = [];
    this.bytesBuffered = 0;
    this.bytesNeeded = sizeBytes;
  }
  return connection.connect.call(this);
};

/** A socket that is only half closed could still deliver bytes among those of the next one. */
const disconnectSocket = async function (this: Connection): Promise<boolean> {
  const { socket } = this;
  const done = await connection.disconnect.call(this);
  socket?.destroy();
  return done;
};

/** Who did not answer in time may never do: the next request goes over another socket. */
const sendOrDrop = async function (this: Connection, request: object): Promise<unknown> {
  try {
    return await connection.send.call(this, request);
  } catch (error) {
    if (error instanceof Error && error.name === 'KafkaJSRequestTimeoutError') {
      this.rejectRequests(error);
      await this.disconnect();
    }
    throw error;
  }
};

/**
 * Mends how clients of kafkajs 2.2.4 (the version is pinned) lose a broker for good: they keep a
 * socket that does not answer, and take the rest of an answer that was cut for the beginning of
 * the next one. From then on each request fails, for as long as the process lives.
 */
export const connectWholeOrNotAtAll = (): void => {
  Broker.prototype.connect = connectBroker;
  Connection.prototype.connect = connectSocket;
  Connection.prototype.disconnect = disconnectSocket;
  Connection.prototype.send = sendOrDrop;
};
