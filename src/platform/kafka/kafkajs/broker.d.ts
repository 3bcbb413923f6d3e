declare module 'kafkajs/src/broker/index.js' {
  /** One broker as kafkajs knows it, with its connections. */
  class Broker {
    constructor(options: object);
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    isConnected(): boolean;
  }

  export = Broker;
}
