/**
 * The servers that all specs share (global-setup.mjs), as `host:port`. A spec that kills servers
 * starts its own with `ClusterInTest`. Keyspaces and topics are of one spec: see `nameOfSpec`.
 */
export const sharedServers = (): { readonly kafka: string; readonly cassandra: string } => {
  const { OVERAGE_TEST_KAFKA_PORT: kafka, OVERAGE_TEST_CASSANDRA_PORT: cassandra } = process.env;
  if (!kafka || !cassandra) throw new Error('there are no shared servers: no Java 17, no Maven?');
  return { kafka: `127.0.0.1:${kafka}`, cassandra: `127.0.0.1:${cassandra}` };
};

let made = 0;

/** A name for a keyspace or a topic that no other spec and no other run has. */
export const nameOfSpec = (about: string): string =>
  `${about}_${process.pid}_${Date.now()}_${made++}`;
