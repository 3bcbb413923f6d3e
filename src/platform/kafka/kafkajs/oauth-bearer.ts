import kafkajs, { type Mechanism } from 'kafkajs';

// of a CommonJS module Node sees this one only in the whole
const { KafkaJSNonRetriableError } = kafkajs;

const sizeBytes = 4;

const withSize = (message: string): Buffer => {
  const bytes = Buffer.from(message);
  const size = Buffer.alloc(sizeBytes);
  size.writeInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
};

/** As kafkajs tells of other log-ins that are refused; its types cannot make one. */
const refused = (text: string): Error =>
  Object.assign(new KafkaJSNonRetriableError(`the broker refuses the token: ${text}`), {
    name: 'KafkaJSSASLAuthenticationError',
  });

/**
 * Log-in by a token (RFC 7628), which is asked for at every connect. That of kafkajs 2.2.4 does
 * not read the answer: a broker refuses a token by a text in an answer without an error, and what
 * is asked on such a connection is answered with nothing.
 */
export const oauthBearer = (token: () => Promise<{ readonly value: string }>): Mechanism => ({
  mechanism: 'OAUTHBEARER',
  authenticationProvider: ({ saslAuthenticate }) => ({
    authenticate: async () => {
      const { value } = await token();
      const refusal = await saslAuthenticate({
        request: { encode: () => withSize(`n,,\u0001auth=Bearer ${value}\u0001\u0001`) },
        response: {
          decode: (answer) => answer.subarray(sizeBytes),
          parse: (text) => text.toString(),
        },
      });
      if (refusal) throw refused(refusal);
    },
  }),
});
