import type { LogCodec } from '../../platform/embedded/index.js';
import type { ColumnBatch, ColumnValues, TableSchema } from '../../streaming/index.js';
import { UsageEvents } from '../domain/usage-events.js';

const logTable: TableSchema = {
  name: 'log',
  columns: [
    { name: 'offset', kind: 'bigint' },
    { name: 'type', kind: 'tinyint' }, // eventTypes
    { name: 'msisdn', kind: 'bigint' },
    { name: 'timestamp', kind: 'bigint' }, // epoch ms
    { name: 'record_id', kind: 'uuid' },
    { name: 'recorded_bytes', kind: 'bigint' },
    { name: 'file_id', kind: 'integer' },
    { name: 'line_no', kind: 'integer' },
    { name: 'payload', kind: 'text' }, // JSON of control events
  ],
};

const payloadsOf = (events: UsageEvents): string[] => {
  const payloads = new Array<string>(events.length).fill('');
  for (const [at, payload] of events.payloads) payloads[at] = payload;
  return payloads;
};

/** How usage events are kept in the embedded log. */
export const usageLogCodec: LogCodec<UsageEvents> = {
  table: logTable,
  newBatch: (capacity) => new UsageEvents(capacity),
  pushAll: (into, from) => into.pushAll(from),
  toColumns: (events) => {
    const columns: ColumnValues[] = [
      events.offsets,
      events.types,
      events.keys,
      events.timestampsMs,
      events.recordIds,
      events.recordedBytes,
      events.fileIds,
      events.lineNos,
      payloadsOf(events),
    ];
    return { schema: logTable, length: events.length, column: (index) => columns[index] };
  },
  fromColumns: (batch: ColumnBatch) => {
    const events = new UsageEvents(0);
    events.length = batch.length;
    events.offsets = batch.column(0) as Float64Array;
    events.types = batch.column(1) as Uint8Array;
    events.keys = batch.column(2) as Float64Array;
    events.timestampsMs = batch.column(3) as Float64Array;
    events.recordIds = batch.column(4) as Uint32Array;
    events.recordedBytes = batch.column(5) as Float64Array;
    events.fileIds = batch.column(6) as Int32Array;
    events.lineNos = batch.column(7) as Int32Array;
    const payloads = batch.column(8) as readonly string[];
    for (let at = 0; at < batch.length; at++) {
      if (payloads[at] !== '') events.payloads.set(at, payloads[at]);
    }
    return events;
  },
};
