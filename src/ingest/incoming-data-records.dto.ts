import { ApiProperty } from '@nestjs/swagger';
import { Input } from '../platform/http/inputs.js';
import {
  byteCountSchema,
  isoTimeSchema,
  msisdnTextOrNumber,
} from '../platform/http/text-schemas.js';

/** A record as it is sent: for the document. Read by `readRecord`, a million in a request. */
@Input('IncomingDataRecord', 'So many bytes of a subscriber at an instant.')
export class IncomingDataRecord {
  @ApiProperty({
    type: 'string',
    minLength: 1,
    example: '8aae90a1-c2e7-33e5-9fab-f8f3e1900906',
    description:
      'Names the record for ever; at most 1,024 bytes. White space around it is not of it.',
  })
  externalId!: string;
  @ApiProperty(isoTimeSchema) recordedAt!: string;
  @ApiProperty(msisdnTextOrNumber) msisdn!: string | number;
  @ApiProperty({ ...byteCountSchema, example: 825012938 }) recordedBytes!: number;
  @ApiProperty({
    type: 'string',
    format: 'uuid',
    nullable: true,
    required: false,
    description: 'Taken, and not used: the externalId names a record.',
  })
  internalId?: string | null;
}
