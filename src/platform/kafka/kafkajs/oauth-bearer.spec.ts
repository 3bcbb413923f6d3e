import type { AuthenticationProviderArgs } from 'kafkajs';
import { kafkaFault } from '../kafka-client.js';
import { oauthBearer } from './oauth-bearer.js';

const token = () => Promise.resolve({ value: 'a.b.c' });

/** Logs in at a broker that answers with this text; tells what was sent to it. */
const logIn = async (answer: string): Promise<string> => {
  let sent = '';
  const saslAuthenticate: AuthenticationProviderArgs['saslAuthenticate'] = async (args) => {
    sent = (await args.request.encode()).toString('latin1');
    const size = Buffer.from([0, 0, 0, answer.length]);
    const decoded = await args.response?.decode(Buffer.concat([size, Buffer.from(answer)]));
    return args.response?.parse(decoded as Buffer);
  };
  const { authenticationProvider } = oauthBearer(token);
  const args = { host: 'a', port: 1, saslAuthenticate } as AuthenticationProviderArgs;
  await authenticationProvider(args).authenticate();
  return sent;
};

test('a token is sent with its length in front, and an empty answer accepts it', async () => {
  expect(await logIn('')).toBe('\0\0\0\x17n,,\x01auth=Bearer a.b.c\x01\x01');
});

test('an answer with a text refuses the token, which is not told', async () => {
  const refusal = await logIn('{"status":"invalid_token"}').catch((error: unknown) => error);
  const fault = kafkaFault(refusal);
  expect(fault).toMatchObject({ code: 'KAFKA_DENIED', reaction: 'Fatal' });
  expect(fault.message).toContain('invalid_token');
  expect(fault.message).not.toContain('a.b.c');
});

test('a file of a token that cannot be read stays the fault it is', async () => {
  const { authenticationProvider } = oauthBearer(() => Promise.reject(new Error('gone')));
  const args = { host: 'a', port: 1 } as AuthenticationProviderArgs;
  await expect(authenticationProvider(args).authenticate()).rejects.toThrow('gone');
});
