import type { OutMessage } from '../../streaming/index.js';
import { readMessage, type ReadMessage } from '../../platform/kafka/index.js';
import type { PatientFetcher } from './servers.js';

/** Committed messages of a partition with offsets in [from, to), in order. */
export async function* topicMessages(
  fetcher: Pick<PatientFetcher, 'fetch'>,
  partition: number,
  { from, to }: { from: number; to: number },
): AsyncGenerator<ReadMessage> {
  for (let at = from; at < to;) {
    const { messages, nextOffset } = await fetcher.fetch(at);
    for (const message of messages) {
      if (message.offset < to) yield readMessage(partition, message);
    }
    if (nextOffset <= at) return;
    at = nextOffset;
  }
}

/** All that is compared of a message. */
export const messageText = ({ key, timestampMs, headers, value }: OutMessage): string => {
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([key, timestampMs, sorted, value]);
};
