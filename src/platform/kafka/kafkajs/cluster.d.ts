declare module 'kafkajs/src/cluster/index.js' {
  /** The brokers as one client knows them. */
  class Cluster {
    constructor(options: object);
    findGroupCoordinatorMetadata(wanted: {
      readonly groupId: string;
      readonly coordinatorType: number;
    }): Promise<{ readonly coordinator: { readonly nodeId: number } }>;
  }

  export = Cluster;
}
