declare module 'kafkajs/src/protocol/encoder.js' {
  /** The body of a request. */
  class Encoder {
    writeArray(texts: readonly string[]): this;
    writeBoolean(value: boolean): this;
    writeInt8(value: number): this;
    writeString(text: string): this;
  }

  export = Encoder;
}
