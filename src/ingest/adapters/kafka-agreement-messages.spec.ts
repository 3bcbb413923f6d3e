import { type Effects } from '../../streaming/index.js';
import { AgreementRows } from '../domain/tables.js';
import { AgreementForwarder, type AgreementForwarderParts } from './kafka-agreement-forwarder.js';
import { AgreementMessages } from './kafka-agreement-messages.js';
import { UsageDecoder, type ReadMessage } from './kafka-usage-codec.js';
import { batchOf } from '../../../test/support/batch-of.js';

const warsaw = 'Europe/Warsaw';
const id = Uint32Array.of(0x11111111, 0x11114111, 0x81111111, 0x11111111);
const signedAtMs = Date.UTC(2019, 11, 20);

/** What a step accepts: one agreement for each offset. */
const accepted = (offsets: readonly number[], signedMs = signedAtMs): Effects => ({
  rows: [
    batchOf(
      AgreementRows.schema,
      offsets.map((offset) => [id, 48_500_000_001, signedMs, signedMs, warsaw, 100, offset]),
    ),
  ],
  messages: [],
});

const newMessages = (): AgreementMessages =>
  new AgreementMessages({ topic: 'agreements', partitions: 1, log: 'kafka/log' });

const values = (messages: ReturnType<AgreementMessages['of']>): unknown[] =>
  messages.flatMap((part) => part.messages.map(({ value }) => JSON.parse(value) as unknown));

const behind = (offset: number) => ({ offset, cursor: 0 });

describe('messages of agreements', () => {
  it('have the key, the time and the fields that readers of the topic know', () => {
    const messages = newMessages();
    messages.startAt(behind(0));
    expect(messages.of(accepted([3]), behind(4))).toEqual([
      {
        ...{ topic: 'agreements', partition: 0 },
        messages: [
          {
            key: '48500000001',
            timestamp: String(signedAtMs),
            headers: { 'accepted-in': 'kafka/log' },
            value: JSON.stringify({
              id: '11111111-1111-4111-8111-111111111111',
              msisdn: '48500000001',
              signedAt: '2019-12-20T01:00+01:00[Europe/Warsaw]',
              serviceStartAt: '2019-12-20T01:00+01:00[Europe/Warsaw]',
              billingPeriodTimeZone: warsaw,
              maxBytesInBillingPeriod: 100,
            }),
          },
        ],
      },
    ]);
  });

  it('are stamped 0 when it was signed before 1970', () => {
    const messages = newMessages();
    messages.startAt(behind(0));
    expect(messages.of(accepted([3], -1), behind(4))[0].messages[0].timestamp).toBe('0');
  });

  it('do not repeat what came from the topic, also when it is read again', () => {
    const messages = newMessages();
    const decoder = new UsageDecoder({ partition: 0, partitions: 1 }, (at) =>
      messages.forwarded(at),
    );
    const ofLog = (offset: number, headers: ReadMessage['headers']): ReadMessage => ({
      ...{
        isInTransaction: false,
        offset,
        timestampMs: 0,
        key: Buffer.from('48500000001'),
        headers,
      },
      value: Buffer.from('{"msisdn":"48500000001"}'),
    });
    const read = [
      ofLog(1, { type: 'agreement', from: 'agreements' }),
      ofLog(2, { type: 'agreement' }),
      ofLog(3, { type: 'agreement', from: 'agreements' }),
    ];
    for (const position of [0, 1]) {
      messages.startAt(behind(position));
      decoder.decode(read);
      // a commit that fails: read again from the position before it
      expect(values(messages.of(accepted([1, 2]), behind(3)))).toHaveLength(1);
    }
    expect(values(messages.of(accepted([3]), behind(4)))).toEqual([]);
  });
});

describe('forwarding of agreements', () => {
  const transacted = async (headers: readonly ReadMessage['headers'][]) => {
    const messages = headers.map((each, offset): ReadMessage => ({
      ...{ isInTransaction: false, offset, timestampMs: 0, key: null, headers: each },
      value: Buffer.from('{"msisdn":"48500000001"}'),
    }));
    const found: Parameters<AgreementForwarderParts['sender']['transact']>[0][] = [];
    let fetches = 0;
    let done = (): void => undefined;
    const ended = new Promise<void>((resolve) => (done = resolve));
    const forwarder = new AgreementForwarder({
      ...{ partition: 0, agreementsTopic: 'agreements', groupId: 'group' },
      log: { topic: 'log', partitions: 1, name: 'kafka/log' },
      fetcher: {
        fetch: (offset) => {
          if (fetches++ > 0) done();
          const rest = messages.slice(offset);
          return rest.length > 0
            ? Promise.resolve({ messages: rest, nextOffset: messages.length })
            : ended.then(() => ({ messages: [], nextOffset: offset }));
        },
        close: () => Promise.resolve(),
      },
      sender: {
        fence: () => Promise.resolve(),
        transact: (content) => Promise.resolve(void found.push(content)),
        close: () => Promise.resolve(),
      },
      committed: () => Promise.resolve(behind(0)),
      confirm: () => Promise.resolve(),
      pause: () => Promise.resolve(),
      now: () => 0,
      warn: (message, cause) => {
        throw new Error(message, { cause });
      },
    });
    forwarder.start();
    await ended;
    await forwarder.stop();
    return found;
  };

  it('passes over what its own log accepted, not what another log did', async () => {
    const own = { 'accepted-in': 'kafka/log' };
    const [{ messages, offsets }] = await transacted([{}, own, { 'accepted-in': 'other/log' }]);
    expect(messages.flatMap((part) => part.messages)).toHaveLength(2);
    expect(messages[0].messages[0].headers).toEqual({ type: 'agreement', from: 'agreements' });
    expect(offsets.topics[0].partitions[0].offset).toBe('3');
  });

  it('moves on behind its own alone', async () => {
    const [{ messages, offsets }] = await transacted([{ 'accepted-in': 'kafka/log' }]);
    expect(messages).toEqual([]);
    expect(offsets.topics[0].partitions[0].offset).toBe('1');
  });
});
