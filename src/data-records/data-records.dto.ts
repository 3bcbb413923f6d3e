import { ArgsType, Field, ID, InputType, Int } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import {
  ByteCountField,
  IntField,
  Shape,
  ShapeField,
  TimeField,
  UuidField,
  RestShape,
} from '../platform/http/fields.js';
import {
  ByteCount,
  Input,
  Instant,
  RecordId,
  Ruled,
  Uuid,
  WholeNumber,
} from '../platform/http/inputs.js';
import { byteCountScalar } from '../platform/http/whole-number.scalars.js';
import { parseIsoDateTime } from '../values/iso-date-time.js';
import type { RecordAfter } from './data-records.service.js';

/** Years and months that have billing periods. */
export const periodYears = { minimum: 1, maximum: 9998 };
export const periodMonths = { minimum: 1, maximum: 12 };

/** Most records of a page over REST. */
const mostRecords = 10_000;
/** Most records of one answer of GraphQL: the fields of more would hold the event loop up. */
export const mostAtOnce = 2000;

/** A billing period of an agreement, as a path and as arguments; `01` is January too. */
@ArgsType()
export class PeriodPath {
  @Field(() => ID)
  @Uuid()
  agreementId!: string;

  @Field(() => Int)
  @WholeNumber(periodYears, { example: 2020 })
  year!: number;

  @Field(() => Int)
  @WholeNumber(periodMonths, { example: 1 })
  month!: number;
}

/** The agreement of a path. */
export class AgreementOfPath {
  @Uuid() agreementId!: string;
}

const place = /^([^/]{1,64})\/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/;

/** What a text that is no place is read as, and whatever is no text: a list of two for instance. */
export const noPlace = 'no place';
/** Whether a text is a place in a month: `after` of its pages. */
export const isPlace = (value: unknown): boolean => value !== noPlace;

/** The plus sign of an offset may have become a blank. */
const recordAfterOf = (value: unknown): unknown => {
  const [, recordedAt, recordId] = (typeof value === 'string' && place.exec(value)) || [];
  if (recordedAt === undefined) return noPlace;
  const recordedAtMs = parseIsoDateTime(recordedAt.replace(' ', '+'));
  return Number.isNaN(recordedAtMs) ? noPlace : { recordedAtMs, recordId: recordId.toLowerCase() };
};

const afterRule = 'recordedAt/internalRecordId of the last record of the page before';

const placePattern =
  '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+ -]\\d{2}:\\d{2})/' +
  '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';

const AfterRecord = (): PropertyDecorator =>
  Ruled(
    { read: recordAfterOf, isRight: isPlace, message: `must be ${afterRule}` },
    { type: 'string', pattern: placePattern },
    { optional: true, description: afterRule },
  );

/** A page of a month, over REST; without a limit all of it. */
export class MonthQuery {
  @WholeNumber(
    { minimum: 1, maximum: mostRecords },
    { optional: true, description: 'A page of so many; without it all records are streamed.' },
  )
  limit?: number;

  @AfterRecord() after?: RecordAfter;
}

/** A page of a month, over GraphQL. */
@ArgsType()
export class MonthArguments extends PeriodPath {
  @Field(() => Int, { nullable: true })
  @WholeNumber({ minimum: 1, maximum: mostAtOnce }, { optional: true })
  limit?: number;

  @Field(() => String, { nullable: true })
  @AfterRecord()
  after?: RecordAfter;
}

const recordedAt = { example: '2020-01-01T23:00:00.000+00:00' };
const internalRecordId = { example: '8aae90a1-c2e7-33e5-9fab-f8f3e1900906' };

@Shape('DataRecordKey', 'What names a record of an agreement.')
export class DataRecordKey {
  @UuidField() agreementId!: string;
  @IntField({ ...periodYears, example: 2020 }) year!: number;
  @IntField({ ...periodMonths, example: 1 }) month!: number;
  @TimeField(recordedAt) recordedAt!: string;
  @UuidField(internalRecordId) internalRecordId!: string;
}

@Shape('DataRecord', 'What was used at an instant.')
export class DataRecord {
  @ShapeField(() => DataRecordKey) key!: DataRecordKey;
  @ByteCountField({ nullableInGraphql: true, example: 825012938 }) recordedBytes!: number;
}

@RestShape('TotalUsed', 'The total of a billing period.')
export class TotalUsed {
  @UuidField() agreementId!: string;
  @IntField({ ...periodYears, example: 2020 }) year!: number;
  @IntField({ ...periodMonths, example: 1 }) month!: number;
  @ByteCountField({ example: 13559994361, description: 'Counted and late.' })
  totalRecordedBytes!: number;
}

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
  @Instant(instants, recordedAt)
  recordedAt!: number;

  @Field(() => ID)
  @RecordId(internalRecordId)
  internalRecordId!: string;

  @Field(() => byteCountScalar)
  @ByteCount({ example: 1024 })
  recordedBytes!: number;
}

/** The arguments of a correction. */
@ArgsType()
export class UpsertArguments {
  @Field(() => String)
  @Uuid()
  agreementId!: string;

  @Field(() => DataRecordUpsertRequest)
  @ValidateNested()
  @Type(() => DataRecordUpsertRequest)
  upsertRequest!: DataRecordUpsertRequest;
}
