import { types, type Client, type ExecutionOptions } from 'cassandra-driver';
import { DefaultExecutionOptions } from 'cassandra-driver/lib/execution-options.js';
import PrepareHandler from 'cassandra-driver/lib/prepare-handler.js';
import RequestHandler from 'cassandra-driver/lib/request-handler.js';
import type { RowBuffer } from './row-buffer.js';

const batchOperation = 0x0d;
const frameHeaderBytes = 9;
const consistency = types.consistencies.localQuorum;

const optionsOf = (client: Client, routingKey?: Buffer) =>
  DefaultExecutionOptions.create(
    { prepare: true, logged: false, isIdempotent: true, consistency, routingKey },
    client,
  );

/** The id of a statement: rows of a batch name it instead of its text. */
export const statementId = async (client: Client, cql: string): Promise<Uint8Array> => {
  const balancing = (optionsOf(client) as ExecutionOptions).getLoadBalancingPolicy();
  const { queryId } = await PrepareHandler.getPrepared(client, balancing, cql, client.keyspace);
  return queryId;
};

/** A request of the driver whose bytes are there already. */
class EncodedBatch {
  readonly consistency = consistency;
  readonly length: number;

  constructor(private readonly frame: Buffer) {
    this.length = frame.length - frameHeaderBytes;
  }

  /** The driver calls it when it sends; again, with another number, at another try. */
  write(encoder: { protocolVersion: number }, streamId: number): Buffer {
    const { protocolVersion } = encoder;
    if (protocolVersion !== 3 && protocolVersion !== 4) {
      throw new TypeError(`batches are encoded for protocol 3 and 4, not ${protocolVersion}`);
    }
    const { frame } = this;
    frame[0] = protocolVersion;
    frame[1] = 0;
    frame.writeInt16BE(streamId, 2);
    frame[4] = batchOperation;
    frame.writeInt32BE(this.length, 5);
    return frame;
  }

  clone(): EncodedBatch {
    return this;
  }
}

/**
 * Sends the rows as one UNLOGGED batch with LOCAL_QUORUM. `routingKey` names the node to go to: the
 * values of the partition key as `routingKeyOf` writes them. The rows must not change meanwhile.
 */
export const sendRows = async (
  client: Client,
  rows: RowBuffer,
  routingKey: Buffer | undefined,
): Promise<void> => {
  const options = optionsOf(client, routingKey);
  const { high, low } = options.getOrGenerateTimestamp();
  const request = new EncodedBatch(rows.finish(consistency, { high, low }));
  await RequestHandler.send(request, options, client);
};

/** The values of a partition key, encoded, as nodes hash them. */
export const routingKeyOf = (values: readonly Uint8Array[]): Buffer => {
  if (values.length === 1) return Buffer.from(values[0]);
  const parts = values.flatMap((value) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(value.length);
    return [length, value, Buffer.alloc(1)];
  });
  return Buffer.concat(parts);
};
