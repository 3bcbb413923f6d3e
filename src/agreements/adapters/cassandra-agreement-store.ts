import { inParallel, type CassandraSession } from '../../platform/cassandra/index.js';
import type { AgreementPage, AgreementStore, StoredAgreement } from '../agreement-store.js';

type Row = Readonly<Record<string, unknown>>;

const columns =
  'id, msisdn, signed_at, service_start_at, billing_period_time_zone, ' +
  'max_bytes_in_billing_period, version, log_partition';

const ofVersions =
  `SELECT ${columns} FROM agreement_by_version ` +
  'WHERE log_partition = ? AND bucket = ? AND version >= ? LIMIT ?';

/** Versions of one Cassandra partition of table agreement_by_version. */
const versionsPerBucket = 65_536;
const mostAtOnce = 16;

const bucketOf = (version: number): number => Math.floor(version / versionsPerBucket);

/**
 * Reads the agreement tables of the keyspace. Versions of two partitions of the log cannot be
 * compared, so the list is in the order of version * partitions + partition: total, and the order
 * of acceptance within each partition. A page that was read stays as it is; an agreement that a
 * partition accepts later may belong into a page that was read already.
 */
export class CassandraAgreementStore implements AgreementStore {
  /** `partitions`: of the log. */
  constructor(
    private readonly session: Pick<CassandraSession, 'query'>,
    private readonly partitions: number,
  ) {}

  async find(id: string): Promise<StoredAgreement | undefined> {
    const cql = `SELECT ${columns} FROM agreement WHERE id = ?`;
    const found = await this.session.query(cql, [id]);
    return found.map((row) => this.#agreementOf(row)).at(0);
  }

  async list({ limit, after = -1, msisdn }: AgreementPage): Promise<StoredAgreement[]> {
    const found = msisdn === undefined ? this.#behind(after, limit) : this.ofMsisdn(msisdn);
    return (await found).filter(({ place }) => place > after).slice(0, limit);
  }

  async ofMsisdn(msisdn: number): Promise<StoredAgreement[]> {
    const cql = `SELECT ${columns} FROM agreement_by_msisdn WHERE msisdn = ?`;
    const rows = await this.session.query(cql, [msisdn]);
    return rows.map((row) => this.#agreementOf(row)).sort(byPlace);
  }

  /** At least the first `limit` behind the place, or all there are. */
  async #behind(after: number, limit: number): Promise<StoredAgreement[]> {
    const buckets = await this.#buckets();
    const found = await inParallel([...buckets], mostAtOnce, ([partition, all]) => {
      // the least version of the partition with a place behind `after`
      const from = Math.max(0, Math.floor((after - partition) / this.partitions) + 1);
      return this.#ofPartition({ partition, from, limit, buckets: all });
    });
    return found.flat().sort(byPlace);
  }

  async #ofPartition(page: {
    partition: number;
    from: number;
    limit: number;
    buckets: readonly number[];
  }): Promise<StoredAgreement[]> {
    const { partition, from, limit } = page;
    const found: StoredAgreement[] = [];
    for (const bucket of page.buckets) {
      if (bucket < bucketOf(from)) continue;
      if (found.length >= limit) break;
      const rows = await this.session.query(ofVersions, [partition, bucket, from, limit]);
      for (const row of rows) found.push(this.#agreementOf(row));
    }
    return found;
  }

  /** By partition of the log, the buckets that have agreements; reads their keys alone. */
  async #buckets(): Promise<Map<number, number[]>> {
    const cql = 'SELECT DISTINCT log_partition, bucket FROM agreement_by_version';
    const buckets = new Map<number, number[]>();
    for (const row of await this.session.query(cql)) {
      const partition = Number(row['log_partition']);
      buckets.set(partition, [...(buckets.get(partition) ?? []), Number(row['bucket'])]);
    }
    for (const all of buckets.values()) all.sort((a, b) => a - b);
    return buckets;
  }

  #agreementOf(row: Row): StoredAgreement {
    const version = Number(row['version']);
    return {
      id: String(row['id']),
      msisdn: Number(row['msisdn']),
      signedAtMs: Number(row['signed_at']),
      serviceStartAtMs: Number(row['service_start_at']),
      billingPeriodTimeZone: String(row['billing_period_time_zone']),
      maxBytesInBillingPeriod: Number(row['max_bytes_in_billing_period']),
      version,
      place: version * this.partitions + Number(row['log_partition']),
    };
  }
}

const byPlace = (a: StoredAgreement, b: StoredAgreement): number => a.place - b.place;
