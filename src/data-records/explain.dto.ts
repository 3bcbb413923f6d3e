import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { AgreementShape } from '../agreements/index.js';
import { MessageShape } from '../billing-window/index.js';
import { recordOutcomes } from '../ingest/index.js';
import {
  ByteCountField,
  FlagField,
  IntField,
  ListField,
  OffsetField,
  RestShape,
  Shape,
  ShapeField,
  TextField,
  TimeField,
  UuidField,
  WordField,
  wordsOf,
} from '../platform/http/fields.js';
import { Ruled, WholeNumber } from '../platform/http/inputs.js';
import { isPlace, noPlace, PeriodPath, periodMonths, periodYears } from './data-records.dto.js';
import type { CountingPlace } from './domain/ledger.js';
import { rivalReasons } from './domain/rivals.js';

/** Most records of a page over REST, and of one answer of GraphQL. */
export const mostExplained = 1000;
const mostAtOnce = 500;

const recordStatusWords = wordsOf(
  'RecordStatus',
  recordOutcomes,
  'counted and late are in the total, waiting has no agreement yet.',
);
const reasonWords = wordsOf(
  'RivalReason',
  rivalReasons,
  'Why an agreement of the same MSISDN did not get the records.',
);

const place = /^(\d{1,16})\/(-?\d{1,16})\/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/;

/** `version/recordedAt in epoch ms/internalRecordId`: what `next` of a page is. */
const explainAfterOf = (value: unknown): unknown => {
  const [, version, recordedAtMs, recordId] =
    (typeof value === 'string' && place.exec(value)) || [];
  if (version === undefined) return noPlace;
  return {
    version: Number(version),
    recordedAtMs: Number(recordedAtMs),
    recordId: recordId.toLowerCase(),
  };
};

const ExplainAfter = (): PropertyDecorator =>
  Ruled(
    { read: explainAfterOf, isRight: isPlace, message: 'must be next of a page' },
    { type: 'string', pattern: place.source.replaceAll('\\/', '/').replaceAll('?:', '') },
    { optional: true, description: '`next` of the page before' },
  );

/** A page of an explanation, over REST. */
export class ExplainQuery {
  @WholeNumber({ minimum: 1, maximum: mostExplained }, { optional: true, default: mostExplained })
  limit: number = mostExplained;

  @ExplainAfter() after?: CountingPlace;
}

/** A page of an explanation, over GraphQL. */
@ArgsType()
export class ExplainArguments extends PeriodPath {
  @Field(() => Int, { nullable: true })
  @WholeNumber({ minimum: 1, maximum: mostAtOnce }, { optional: true, default: mostAtOnce })
  limit: number = mostAtOnce;

  @Field(() => String, { nullable: true })
  @ExplainAfter()
  after?: CountingPlace;
}

@ObjectType({ isAbstract: true })
abstract class VersionFields {
  @UuidField() internalRecordId!: string;
  @TimeField() recordedAt!: string;
  @ByteCountField() recordedBytes!: number;
  @ByteCountField({ description: 'The total behind it.' }) runningTotalBytes!: number;
  @WordField(recordStatusWords) status!: string;
  @FlagField({ description: 'Of a line without a line break: it may be cut off.' })
  provisional!: boolean;
  @OffsetField({ minimum: 0, description: 'Offset in the log of what wrote it.' })
  version!: number;
  @TextField({ nullable: true, description: 'Null without a file, as the next three.' })
  feed!: string | null;
  @TextField({ nullable: true }) file!: string | null;
  @IntField({ minimum: 1, nullable: true }) fileId!: number | null;
  @IntField({ minimum: 1, nullable: true }) line!: number | null;
}

@Shape('ExplainedVersion', 'A version of a record, and the total when it had been applied.')
export class ExplainedVersion extends VersionFields {}

@Shape('ExplainedRecord', 'A record that is in force, and what it was before.')
export class ExplainedRecord extends VersionFields {
  @ListField(() => ExplainedVersion, { description: 'Oldest first.' })
  earlierVersions!: readonly ExplainedVersion[];
}

@Shape('ExplainedAgreement', 'The agreement that got the records, and why.')
export class ExplainedAgreement extends AgreementShape {
  @TextField() why!: string;
}

@Shape('RivalAgreement', 'An agreement of the same MSISDN that did not get them, and why.')
export class RivalAgreement extends ExplainedAgreement {
  @WordField(reasonWords) reason!: string;
}

@Shape('ExplainedMessage', 'A message about the period.')
export class ExplainedMessage {
  @OffsetField({ minimum: 0, nullable: true, description: 'Null for a copy (cluster).' })
  offset!: number | null;
  @TextField({ description: 'The JSON as it goes on the wire.' }) value!: string;
}

@ObjectType({ isAbstract: true })
abstract class ExplanationFields {
  @UuidField() agreementId!: string;
  @IntField(periodYears) year!: number;
  @IntField(periodMonths) month!: number;
  @TimeField() periodStart!: string;
  @TimeField({ description: 'The first instant that is not in the period.' }) periodEnd!: string;
  @ShapeField(() => ExplainedAgreement) agreement!: ExplainedAgreement;
  @ListField(() => RivalAgreement) rivals!: readonly RivalAgreement[];
  @ByteCountField() maxBytesInBillingPeriod!: number;
  @ByteCountField({ description: 'countedBytes and lateBytes.' }) totalRecordedBytes!: number;
  @ByteCountField() countedBytes!: number;
  @ByteCountField() lateBytes!: number;
  @FlagField() exceeded!: boolean;
  @FlagField() closed!: boolean;
  @ShapeField(() => ExplainedVersion, {
    nullable: true,
    description: 'Took the total to the allowance; null while it is below.',
  })
  crossingRecord!: ExplainedVersion | null;
  @ListField(() => ExplainedRecord, { description: 'A page, in the order of counting.' })
  records!: readonly ExplainedRecord[];
  @TextField({ nullable: true, description: '`after` of the next page; null on the last one.' })
  next!: string | null;
  @FlagField() hasMoreMessages!: boolean;
}

/** Why a period's total is what it is, as GraphQL shows it. */
@Shape('Explanation', 'Why the total of a period is what it is.')
export class ExplanationView extends ExplanationFields {
  @ListField(() => ExplainedMessage, { description: 'The first ones of the period.' })
  messages!: readonly ExplainedMessage[];
}

/** The same as REST shows it. */
@RestShape('Explanation', 'Why the total of a period is what it is.')
export class ExplanationShape extends ExplanationFields {
  @ListField(() => MessageShape, { description: 'The first ones of the period.' })
  messages!: readonly MessageShape[];
}
