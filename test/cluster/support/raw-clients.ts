import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One connection to a server of this machine: request and answer in turn. */
class Conversation {
  private constructor(private readonly socket: Socket) {}

  static open(port: number): Promise<Conversation> {
    return new Promise((opened, failed) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('error', failed);
      socket.once('connect', () => opened(new Conversation(socket)));
    });
  }

  /** The whole answer; `lengthAt` is where its first bytes say how many more follow them. */
  ask(request: Buffer, lengthAt: number): Promise<Buffer> {
    return new Promise((answered, failed) => {
      let bytes = Buffer.alloc(0);
      const onData = (chunk: Buffer): void => {
        bytes = Buffer.concat([bytes, chunk]);
        const head = lengthAt + 4;
        if (bytes.length < head || bytes.length < head + bytes.readInt32BE(lengthAt)) return;
        this.socket.off('data', onData);
        answered(bytes);
      };
      this.socket.on('data', onData);
      this.socket.once('error', failed);
      this.socket.once('close', () => failed(new Error('closed before it answered')));
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

const shortText = (text: string): Buffer => Buffer.concat([int16(text.length), Buffer.from(text)]);

const askKafka = async (port: number, head: readonly [number, number], body: Buffer) => {
  const header = [int16(head[0]), int16(head[1]), int32(1), shortText('test')];
  const request = Buffer.concat([...header, body]);
  const conversation = await Conversation.open(port);
  try {
    const whole = Buffer.concat([int32(request.length), request]);
    return await conversation.ask(whole, 0);
  } finally {
    conversation.close();
  }
};

/** Makes a topic of one partition (CreateTopics v2) and waits until the broker shows it. */
export const createTopic = async (port: number, topic: string): Promise<void> => {
  const noLists = [int32(0), int32(0)];
  const wanted = [int32(1), shortText(topic), int32(1), int16(1), ...noLists];
  await askKafka(port, [19, 2], Buffer.concat([...wanted, int32(10_000), Buffer.from([0])]));
  for (let tries = 0; tries < 50 && !(await hasTopic(port, topic)); tries++) await sleep(100);
};

/** Whether the broker knows a topic by this name (Metadata v1 of all topics). */
export const hasTopic = async (port: number, topic: string): Promise<boolean> =>
  (await askKafka(port, [3, 1], int32(-1))).includes(shortText(topic));

const startup = 1;
const query = 7;
const failure = 0;

const cqlFrame = (operation: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([4, 0, 0, 0, operation]), int32(body.length), body]);

/** Runs statements one after the other; answers with the last frame, throws at an error. */
export const runCql = async (port: number, statements: readonly string[]): Promise<Buffer> => {
  const conversation = await Conversation.open(port);
  const ask = async (operation: number, body: Buffer): Promise<Buffer> => {
    const answer = await conversation.ask(cqlFrame(operation, body), 5);
    if (answer[4] === failure) throw new Error(answer.subarray(15).toString());
    return answer;
  };
  try {
    const version = [int16(1), shortText('CQL_VERSION'), shortText('3.0.0')];
    let answer = await ask(startup, Buffer.concat(version));
    for (const statement of statements) {
      const text = Buffer.from(statement);
      const consistencyOne = Buffer.from([0, 1, 0]);
      answer = await ask(query, Buffer.concat([int32(text.length), text, consistencyOne]));
    }
    return answer;
  } finally {
    conversation.close();
  }
};
