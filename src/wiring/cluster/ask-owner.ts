import { Agent, request, type IncomingMessage } from 'node:http';
import type { KeptTotal } from '../../data-records/index.js';

/** A billing period of an agreement. */
export interface AskedPeriod {
  readonly agreementId: string;
  readonly year: number;
  readonly month: number;
}

/** Asks the process at host:port; undefined when it has no such total. Rejects without answer. */
export type AskOwner = (address: string, period: AskedPeriod) => Promise<KeptTotal | undefined>;

/** Longer than an owner takes that counts at full speed; then the rows are quicker. */
const answerWithinMs = 1000;
const mostAnswerBytes = 4096;

const textOf = async (response: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > mostAnswerBytes) throw new Error('the answer is none of an owner');
  }
  return text;
};

const isAnswer = (value: unknown): value is KeptTotal => {
  const { owner, totalBytes } = (value ?? {}) as Partial<Record<keyof KeptTotal, unknown>>;
  return typeof owner === 'string' && Number.isSafeInteger(totalBytes);
};

/** Asks over connections that are kept open; `close` ends them. */
export const ownerAsker = (): { readonly ask: AskOwner; close(): Promise<void> } => {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const ask: AskOwner = async (address, { agreementId, year, month }) => {
    const url = `http://${address}/internal/totals/${agreementId}/${year}/${month}`;
    const signal = AbortSignal.timeout(answerWithinMs);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { agent, signal }, resolve).once('error', reject).end();
    });
    const text = await textOf(response);
    if (response.statusCode === 404) return undefined;
    const value: unknown = response.statusCode === 200 ? JSON.parse(text) : undefined;
    if (isAnswer(value)) return value;
    throw new Error(`${address} answered ${response.statusCode}`);
  };
  return {
    ask,
    close: () => {
      agent.destroy();
      return Promise.resolve();
    },
  };
};
