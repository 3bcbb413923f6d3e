/**
 * The same work without its guarantees, as a short program would do it: kafkajs consumer,
 * JSON.parse, a Map of totals, batches of the Cassandra driver by shard and day, no look-ups, no
 * books, no messages, nothing that a crash leaves right. Prints records a second as JSON:
 *   node dist/bench/cluster-baseline.js <topic> <keyspace> <records>
 */
import { Client } from 'cassandra-driver';
import { Kafka, logLevel, type EachBatchPayload } from 'kafkajs';

interface WireRecord {
  readonly msisdn: string;
  readonly recordedAt: string;
  readonly recordedBytes: number;
  readonly internalId: string;
  readonly fileId: number;
  readonly lineNo: number;
}

const [topic, keyspace, count] = process.argv.slice(2);
const brokers = (process.env.KAFKA_BOOTSTRAP_SERVERS ?? '127.0.0.1:9092').split(',');
const contactPoints = (process.env.CASSANDRA_CONTACT_POINT ?? '127.0.0.1:9042').split(',');
const client = new Client({ contactPoints, localDataCenter: 'datacenter1', keyspace });
const insert =
  'INSERT INTO usage_record (shard, day, msisdn, recorded_at, record_id, version, ' +
  'recorded_bytes, status, file_id, line_no) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const rowsABatch = 90;
const totals = new Map<string, number>();
let seen = 0;
let startMs = 0;

const parametersOf = (record: WireRecord, shard: number, offset: string): unknown[] => {
  const at = new Date(record.recordedAt.replace(/\[.*/, ''));
  const day = at.toISOString().slice(0, 10);
  const { msisdn, internalId, recordedBytes, fileId, lineNo } = record;
  return [shard, day, msisdn, at, internalId, offset, recordedBytes, 'counted', fileId, lineNo];
};

const eachBatch = async ({ batch }: EachBatchPayload): Promise<void> => {
  startMs ||= performance.now();
  const byDay = new Map<unknown, { query: string; params: unknown[] }[]>();
  for (const message of batch.messages) {
    if (message.headers?.['type'] !== undefined || message.value === null) continue;
    const record = JSON.parse(message.value.toString()) as WireRecord;
    const key = `${record.msisdn} ${record.recordedAt.slice(0, 7)}`;
    totals.set(key, (totals.get(key) ?? 0) + record.recordedBytes);
    const params = parametersOf(record, batch.partition, message.offset);
    const rows = byDay.get(params[1]) ?? [];
    rows.push({ query: insert, params });
    byDay.set(params[1], rows);
    seen++;
  }
  const writes: Promise<unknown>[] = [];
  for (const rows of byDay.values()) {
    for (let at = 0; at < rows.length; at += rowsABatch) {
      const some = rows.slice(at, at + rowsABatch);
      writes.push(client.batch(some, { prepare: true, logged: false }));
    }
  }
  await Promise.all(writes);
};

await client.connect();
const kafka = new Kafka({ brokers, clientId: 'baseline', logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `${topic}-baseline` });
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({ eachBatch, partitionsConsumedConcurrently: 4 });
while (seen < Number(count)) await new Promise((resolve) => setTimeout(resolve, 10));
const seconds = (performance.now() - startMs) / 1000;
console.log(JSON.stringify({ count: seen, seconds }));
await consumer.disconnect();
await client.shutdown();
