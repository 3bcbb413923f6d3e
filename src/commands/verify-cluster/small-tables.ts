import { AgreementRows, isWaiting, UsageRecordRows } from '../../ingest/index.js';
import { shardOf, type CassandraUuid } from '../../platform/cassandra/index.js';
import { maskMsisdn } from '../../platform/telemetry/index.js';
import { rowsIn } from '../../streaming/index.js';
import { uuidText } from '../../values/index.js';
import type { ReplayedBatch } from '../replay.js';
import type { NamedRow } from './row-texts.js';

export type StoredRow = Readonly<Record<string, unknown>>;

/** A row of a table that is read whole, wherever it came from. */
export interface SmallRow extends NamedRow {
  readonly partition: number;
  /** Offset of the event that wrote it. */
  readonly version: number;
}

/** A table with few rows, beside those of data records. */
export interface SmallTable {
  readonly name: string;
  readonly cql: string;
  read(row: StoredRow): SmallRow;
  /** The rows of it that a replay of a partition gives. */
  given(batch: ReplayedBatch, partition: number): Iterable<SmallRow>;
}

const versionsPerBucket = 65_536;

/** Rows that are compared together: of some versions of a partition. */
export const bucketOf = ({ partition, version }: SmallRow): number =>
  Math.floor(version / versionsPerBucket) * 65_536 + partition;

interface AgreementValues {
  readonly id: string;
  readonly msisdn: number;
  readonly signedAtMs: number;
  readonly serviceStartAtMs: number;
  readonly zone: string;
  readonly maxBytes: number;
  readonly version: number;
  readonly partition: number;
  /** Of table agreement_by_version alone. */
  readonly bucket?: number;
}

const agreementRow = (values: AgreementValues): SmallRow => {
  const { id, msisdn, signedAtMs, serviceStartAtMs, zone, maxBytes, version, partition } = values;
  const { bucket } = values;
  const place = `${id} version ${version} partition ${partition}`;
  const rest =
    `signed ${signedAtMs}, from ${serviceStartAtMs}, ${zone}, ${maxBytes} bytes` +
    (bucket === undefined ? '' : `, bucket ${bucket}`);
  return {
    partition,
    version,
    identity: place,
    content: `${msisdn} ${rest}`,
    shown: `${place}: ${maskMsisdn(msisdn)}, ${rest}`,
  };
};

const agreementColumns =
  'id, msisdn, signed_at, service_start_at, billing_period_time_zone, ' +
  'max_bytes_in_billing_period, version, log_partition';

const storedAgreement = (row: StoredRow): AgreementValues => ({
  id: String(row['id']),
  msisdn: Number(row['msisdn']),
  signedAtMs: Number(row['signed_at']),
  serviceStartAtMs: Number(row['service_start_at']),
  zone: String(row['billing_period_time_zone']),
  maxBytes: Number(row['max_bytes_in_billing_period']),
  version: Number(row['version']),
  partition: Number(row['log_partition']),
});

function* givenAgreements(batch: ReplayedBatch, partition: number): Generator<AgreementValues> {
  for (const rows of rowsIn(AgreementRows, batch.rows)) {
    for (let row = 0; row < rows.length; row++) {
      yield {
        id: uuidText(rows.ids, row * 4),
        msisdn: rows.msisdns[row],
        signedAtMs: rows.signedAtMs[row],
        serviceStartAtMs: rows.serviceStartAtMs[row],
        zone: rows.billingPeriodTimeZones[row],
        maxBytes: rows.maxBytesInBillingPeriod[row],
        version: rows.versions[row],
        partition,
      };
    }
  }
}

const agreementsIn = (name: string): SmallTable => ({
  name,
  cql: `SELECT ${agreementColumns} FROM ${name}`,
  read: (row) => agreementRow(storedAgreement(row)),
  *given(batch, partition) {
    for (const values of givenAgreements(batch, partition)) yield agreementRow(values);
  },
});

const agreementsByVersion: SmallTable = {
  name: 'agreement_by_version',
  cql: `SELECT ${agreementColumns}, bucket FROM agreement_by_version`,
  read: (row) => agreementRow({ ...storedAgreement(row), bucket: Number(row['bucket']) }),
  *given(batch, partition) {
    for (const values of givenAgreements(batch, partition)) {
      yield agreementRow({ ...values, bucket: Math.floor(values.version / versionsPerBucket) });
    }
  },
};

interface WaitingValues {
  readonly shard: number;
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordId: string;
  readonly version: number;
}

const waitingRow = (values: WaitingValues, partitions: number): SmallRow => {
  const { shard, msisdn, recordedAtMs, recordId, version } = values;
  const place = `${new Date(recordedAtMs).toISOString()} record ${recordId} version ${version}`;
  return {
    partition: ((shard % partitions) + partitions) % partitions,
    version,
    identity: `${shard} ${msisdn} ${place}`,
    content: '',
    shown: `${maskMsisdn(msisdn)} ${place}`,
  };
};

const waitingRecords = (sizes: { shards: number; partitions: number }): SmallTable => ({
  name: 'waiting_record',
  cql: 'SELECT shard, msisdn, recorded_at, record_id, version FROM waiting_record',
  read: (row) => {
    const values = {
      shard: Number(row['shard']),
      msisdn: Number(row['msisdn']),
      recordedAtMs: Number(row['recorded_at']),
      recordId: (row['record_id'] as CassandraUuid).toString(),
      version: Number(row['version']),
    };
    return waitingRow(values, sizes.partitions);
  },
  *given(batch) {
    for (const rows of rowsIn(UsageRecordRows, batch.rows)) {
      const { msisdns, recordedAtMs, recordIds, versions, statuses } = rows;
      for (let row = 0; row < rows.length; row++) {
        if (!isWaiting(statuses[row])) continue;
        const msisdn = msisdns[row];
        const recordId = uuidText(recordIds, row * 4);
        const values = { recordedAtMs: recordedAtMs[row], version: versions[row] };
        const shard = shardOf(msisdn, sizes.shards);
        yield waitingRow({ shard, msisdn, recordId, ...values }, sizes.partitions);
      }
    }
  },
});

/** The tables of agreements, and where waiting records are looked for. */
export const smallTables = (sizes: { shards: number; partitions: number }): SmallTable[] => [
  agreementsIn('agreement'),
  agreementsIn('agreement_by_msisdn'),
  agreementsByVersion,
  waitingRecords(sizes),
];
