/**
 * The same work as the importer's without its guarantees, as a short program would do it: lines
 * split, JSON, kafkajs; no check of a line but its number of fields, no progress, no transaction:
 * what a crash leaves is unknown. Prints lines a second as JSON:
 *   node dist/bench/cluster-import-baseline.js <file> <topic>
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Kafka, logLevel, Partitioners, type Message } from 'kafkajs';

const messagesASend = 2000;
const [file, topic] = process.argv.slice(2);
const brokers = (process.env.KAFKA_BOOTSTRAP_SERVERS ?? '127.0.0.1:9092').split(',');
const kafka = new Kafka({ brokers, clientId: 'baseline', logLevel: logLevel.NOTHING });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();

const startMs = performance.now();
let messages: Message[] = [];
let lines = 0;
const send = async (): Promise<void> => {
  await producer.send({ topic, messages, acks: -1 });
  messages = [];
};

for await (const line of createInterface({ input: createReadStream(file) })) {
  const [externalId, recordedAt, msisdn, recordedBytes] = line.split(';');
  if (recordedBytes === undefined) continue;
  const value = { externalId, recordedAt, msisdn, recordedBytes: Number(recordedBytes) };
  messages.push({ key: msisdn, value: JSON.stringify(value) });
  lines++;
  if (messages.length === messagesASend) await send();
}
if (messages.length > 0) await send();
const seconds = (performance.now() - startMs) / 1000;
console.log(JSON.stringify({ count: lines, seconds }));
await producer.disconnect();
