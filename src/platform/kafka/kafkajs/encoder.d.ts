declare module 'kafkajs/src/protocol/encoder.js' {
  /** The body of a request. */
  class Encoder {
    writeArray(texts: readonly string[]): this;
    writeBoolean(value: boolean): this;
    writeInt8(value: number): this;
    writeInt32(value: number): this;
    writeString(text: string): this;
    writeUVarInt(value: number): this;
    writeUVarIntString(text: string): this;
  }

  export = Encoder;
}

declare module 'kafkajs/src/protocol/error.js' {
  /** The error of a code that a broker answered. */
  export const createErrorFromCode: (code: number) => Error;
}
