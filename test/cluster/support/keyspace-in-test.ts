import { Client } from 'cassandra-driver';
import { clusterSchema } from '../../../src/wiring/cluster/cluster-schema.js';
import { CassandraSession, createSchema } from '../../../src/platform/cassandra/index.js';
import { nameOfSpec, sharedServers } from './servers.js';

const localDataCenter = 'datacenter1';

export interface KeyspaceSizes {
  readonly shards: number;
  readonly partitions: number;
}

/** A keyspace of the program on the shared server, and a plain client beside the program's. */
export class KeyspaceInTest {
  private constructor(
    readonly name: string,
    readonly session: CassandraSession,
    readonly client: Client,
  ) {}

  static async open(sizes: KeyspaceSizes): Promise<KeyspaceInTest> {
    const name = nameOfSpec('test');
    const contactPoints = [sharedServers().cassandra];
    const maker = await CassandraSession.open({ contactPoints, localDataCenter });
    const schema = clusterSchema({ keyspace: name, ...sizes });
    await createSchema(maker, schema, { replicationFactor: 1, localDataCenter });
    await maker.close();
    const session = await CassandraSession.open({ contactPoints, localDataCenter, keyspace: name });
    const client = new Client({ contactPoints, localDataCenter, keyspace: name });
    await client.connect();
    return new KeyspaceInTest(name, session, client);
  }

  /** One row with these columns. */
  async insert(table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
    const names = Object.keys(row);
    const columns = names.map((name) => `"${name}"`).join(', ');
    const marks = names.map(() => '?').join(', ');
    const cql = `INSERT INTO ${table} (${columns}) VALUES (${marks})`;
    await this.client.execute(cql, Object.values(row), { prepare: true });
  }

  async rows(cql: string, params: unknown[] = []): Promise<Record<string, unknown>[]> {
    const { rows } = await this.client.execute(cql, params, { prepare: true });
    return rows.map((row) => Object.fromEntries(row.keys().map((name) => [name, row[name]])));
  }

  async close(): Promise<void> {
    await this.client.execute(`DROP KEYSPACE "${this.name}"`);
    await this.client.shutdown();
    await this.session.close();
  }
}
