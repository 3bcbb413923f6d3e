declare module 'kafkajs/src/protocol/decoder.js' {
  /** The body of an answer. */
  class Decoder {
    constructor(raw: Buffer);
    readInt16(): number;
    readInt32(): number;
    readInt64(): { toString(): string };
    readString(): string;
    readBytes(): Buffer | null;
    readArray<T>(read: (decoder: Decoder) => T): T[];
  }

  export = Decoder;
}

declare module 'kafkajs/src/protocol/requests/fetch/index.js' {
  const requests: {
    protocol(of: { readonly version: number }): (request: object) => {
      readonly request: object;
      /** `parse` throws what the broker refused. */
      readonly response: { parse(data: object): Promise<object> };
      readonly requestTimeout: number;
    };
  };

  export = requests;
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  const crc32C: (bytes: Buffer) => number;

  export = crc32C;
}
