import Broker from 'kafkajs/src/broker/index.js';

const connect = Broker.prototype.connect;

const connectWhole = async function (this: Broker): Promise<void> {
  try {
    await connect.call(this);
  } catch (error) {
    await this.disconnect().catch(() => undefined);
    throw error;
  }
};

/**
 * Makes every client of kafkajs drop a connection on which the first request, for the versions of
 * the protocol, was not answered. kafkajs 2.2.4 (the version is pinned) keeps the open socket,
 * takes the broker for connected, and from then on refuses each request with "Broker not
 * connected", for as long as the socket lives: a slow broker would be lost for good.
 */
export const connectWholeOrNotAtAll = (): void => {
  Broker.prototype.connect = connectWhole;
};
