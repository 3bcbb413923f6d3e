import { Field, ID, InputType } from '@nestjs/graphql';
import { ByteCount, Input, Instant, RecordId } from '../platform/http/inputs.js';
import { byteCountScalar } from '../platform/http/whole-number.scalars.js';

/** The earliest and the latest time a billing period can be found for. */
const instants = {
  minimum: Date.parse('0001-02-01T00:00:00Z'),
  maximum: Date.parse('9998-12-01T00:00:00Z'),
};

/** A correction, as the body over REST and the argument in GraphQL. */
@InputType()
@Input('DataRecordUpsertRequest', 'What a record is to be.')
export class DataRecordUpsertRequest {
  @Field(() => String, { description: 'ISO 8601 with an offset' })
  @Instant(instants, { example: '2020-01-01T23:00:00.000+00:00' })
  recordedAt!: number;

  @Field(() => ID)
  @RecordId({ example: '8aae90a1-c2e7-33e5-9fab-f8f3e1900906' })
  internalRecordId!: string;

  @Field(() => byteCountScalar)
  @ByteCount({ example: 1024 })
  recordedBytes!: number;
}
