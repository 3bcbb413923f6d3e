import { messageSchema } from '../billing-window/index.js';
import {
  fieldsSchema,
  flagSchema,
  listSchema,
  numberSchema,
  orNull,
  textSchema,
  timeSchema,
  uuidSchema,
} from '../platform/http/openapi.js';

const period = { agreementId: uuidSchema, year: numberSchema(1, 9998), month: numberSchema(1, 12) };

/** The parts of `/:agreementId/:year/:month` as parameters. */
export const periodParameters = Object.entries(period).map(([name, schema]) => ({ name, schema }));

/** A data record of the wire contract. */
export const dataRecordSchema = fieldsSchema({
  key: fieldsSchema({ ...period, recordedAt: timeSchema, internalRecordId: uuidSchema }),
  recordedBytes: numberSchema(),
});

const agreement = {
  id: uuidSchema,
  msisdn: textSchema,
  signedAt: textSchema,
  serviceStartAt: textSchema,
  billingPeriodTimeZone: textSchema,
  maxBytesInBillingPeriod: numberSchema(),
  why: textSchema,
};

const version = {
  internalRecordId: uuidSchema,
  recordedAt: timeSchema,
  recordedBytes: numberSchema(),
  runningTotalBytes: numberSchema(),
  status: textSchema,
  provisional: flagSchema,
  version: numberSchema(),
  feed: orNull(textSchema),
  file: orNull(textSchema),
  fileId: orNull(numberSchema(1)),
  line: orNull(numberSchema(1)),
};

/** Why a period's total is what it is. */
export const explanationSchema = fieldsSchema({
  ...period,
  periodStart: timeSchema,
  periodEnd: timeSchema,
  agreement: fieldsSchema(agreement),
  rivals: listSchema(fieldsSchema({ ...agreement, reason: textSchema })),
  maxBytesInBillingPeriod: numberSchema(),
  totalRecordedBytes: numberSchema(),
  countedBytes: numberSchema(),
  lateBytes: numberSchema(),
  exceeded: flagSchema,
  closed: flagSchema,
  crossingRecord: orNull(fieldsSchema(version)),
  records: listSchema(
    fieldsSchema({ ...version, earlierVersions: listSchema(fieldsSchema(version)) }),
  ),
  next: orNull(textSchema),
  messages: listSchema(messageSchema),
  hasMoreMessages: flagSchema,
});
