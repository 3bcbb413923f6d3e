import type { EmbeddedDatabase, QueryParameter } from '../../platform/embedded/index.js';
import type { AgreementPage, AgreementStore, StoredAgreement } from '../agreement-store.js';

const columns =
  'id, msisdn, signed_at, service_start_at, billing_period_time_zone, ' +
  'max_bytes_in_billing_period, version';

const agreementOf = (row: Record<string, unknown>): StoredAgreement => ({
  id: String(row.id),
  msisdn: Number(row.msisdn),
  signedAtMs: Number(row.signed_at),
  serviceStartAtMs: Number(row.service_start_at),
  billingPeriodTimeZone: String(row.billing_period_time_zone),
  maxBytesInBillingPeriod: Number(row.max_bytes_in_billing_period),
  version: Number(row.version),
  place: Number(row.version),
});

/** Reads table `agreement` of the DuckDB file. */
export class EmbeddedAgreementStore implements AgreementStore {
  constructor(private readonly database: Pick<EmbeddedDatabase, 'query'>) {}

  async find(id: string): Promise<StoredAgreement | undefined> {
    const found = await this.#select('WHERE id = $1::UUID LIMIT 1', [id]);
    return found.at(0);
  }

  /** The version is a cursor: each agreement has an event, and so an offset, of its own. */
  list({ limit, after, msisdn }: AgreementPage): Promise<StoredAgreement[]> {
    return msisdn === undefined
      ? this.#select('WHERE version > $1 ORDER BY version LIMIT $2', [after ?? -1, limit])
      : this.#select('WHERE version > $1 AND msisdn = $3 ORDER BY version LIMIT $2', [
          after ?? -1,
          limit,
          msisdn,
        ]);
  }

  ofMsisdn(msisdn: number): Promise<StoredAgreement[]> {
    return this.#select('WHERE msisdn = $1 ORDER BY version', [msisdn]);
  }

  async #select(rest: string, parameters: readonly QueryParameter[]): Promise<StoredAgreement[]> {
    const rows = await this.database.query(`SELECT ${columns} FROM agreement ${rest}`, parameters);
    return rows.map(agreementOf);
  }
}
