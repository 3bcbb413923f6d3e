import { ArgsType, Field, ID } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import {
  ByteCountField,
  ListField,
  MsisdnField,
  OffsetField,
  RestShape,
  Shape,
  TextField,
  UuidField,
  ZonedTimeField,
} from '../platform/http/fields.js';
import { Input, Msisdn, Uuid, WholeNumber } from '../platform/http/inputs.js';
import {
  byteCountSchema,
  isoTimeSchema,
  msisdnTextOrNumber,
} from '../platform/http/text-schemas.js';

const mostAgreements = 1000;
const defaultAgreements = 100;
const anyPlace = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

/** An agreement as REST and GraphQL show it, and as it stands on topic `agreements`. */
@Shape('Agreement', 'Who pays for an MSISDN, from when, and how much is included.')
export class AgreementShape {
  @UuidField({ example: '0b12c601-9287-3f5c-a78c-df508fe0f889' }) id!: string;
  @MsisdnField() msisdn!: string;
  @ZonedTimeField({ example: '2019-12-20T00:00+01:00[Europe/Warsaw]' }) signedAt!: string;
  @ZonedTimeField({
    description: 'In force from this instant on.',
    example: '2020-01-01T00:00+01:00[Europe/Warsaw]',
  })
  serviceStartAt!: string;
  @TextField({ description: 'IANA name.', example: 'Europe/Warsaw' })
  billingPeriodTimeZone!: string;
  @ByteCountField({ description: 'The allowance.', example: 5368709120 })
  maxBytesInBillingPeriod!: number;
}

@RestShape('Agreements', 'A page of agreements in the order they were accepted.')
export class AgreementsShape {
  @ListField(() => AgreementShape) items!: readonly AgreementShape[];
  @OffsetField({ nullable: true, description: '`after` of the next page; null on the last one.' })
  next!: number | null;
}

/** A page of agreements. */
export class AgreementsQuery {
  @Msisdn({ optional: true, description: 'Only those of this subscriber.' })
  msisdn?: number;

  @WholeNumber(
    { minimum: 1, maximum: mostAgreements },
    { optional: true, default: defaultAgreements },
  )
  limit: number = defaultAgreements;

  @WholeNumber(anyPlace, { optional: true, description: '`next` of the page before' })
  after?: number;
}

/** The agreement of a path or an argument. */
@ArgsType()
export class AgreementPath {
  @Field(() => ID)
  @Uuid()
  id!: string;
}

/** The subscriber of an argument. */
@ArgsType()
export class SubscriberArguments {
  @Field(() => String)
  @Msisdn()
  msisdn!: number;
}

/**
 * An agreement as it is sent: for the document. Read by `parseAgreement`, as there may be a million
 * in a request, and as they come by the topic too.
 */
@Input('AgreementInput', 'A new agreement; the same one again changes nothing.')
export class AgreementInput {
  @ApiProperty({
    ...{ type: 'string', format: 'uuid', example: '0b12c601-9287-3f5c-a78c-df508fe0f889' },
    description: 'Not all zeros.',
  })
  id!: string;
  @ApiProperty(msisdnTextOrNumber) msisdn!: string | number;
  @ApiProperty({ ...isoTimeSchema, example: '2019-12-20T00:00+01:00[Europe/Warsaw]' })
  signedAt!: string;
  @ApiProperty({
    ...isoTimeSchema,
    example: '2020-01-01T00:00+01:00[Europe/Warsaw]',
    description: 'In force from this instant on.',
  })
  serviceStartAt!: string;
  @ApiProperty({
    type: 'string',
    minLength: 1,
    example: 'Europe/Warsaw',
    description: 'IANA name.',
  })
  billingPeriodTimeZone!: string;
  @ApiProperty({ ...byteCountSchema, description: 'The allowance.', example: 5368709120 })
  maxBytesInBillingPeriod!: number;
}
