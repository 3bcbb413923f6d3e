import {
  FlagField,
  IntField,
  ListField,
  NumberField,
  Shape,
  ShapeField,
  TextField,
  TextsField,
  TimeField,
  WordField,
  wordsOf,
} from '../platform/http/fields.js';
import { Input, Instant, Text } from '../platform/http/inputs.js';

const feedStatuses = wordsOf(
  'FeedStatus',
  ['active', 'idle', 'ended'],
  'active holds the clock back, idle was silent for too long, ended is no longer waited for.',
);

@Shape('LastFile', 'The newest file of a feed.')
export class LastFileShape {
  @TextField() name!: string;
  @TextField() state!: string;
}

/** One feed as it is told; null what is not known yet. */
@Shape('Feed', 'Where records come from, and how complete it is.')
export class FeedShape {
  @TextField() feed!: string;
  @WordField(feedStatuses) status!: string;
  @TimeField({ nullable: true }) completeThrough!: string | null;
  @NumberField() maxOutOfOrdernessSeconds!: number;
  @TimeField({ nullable: true }) watermark!: string | null;
  @FlagField({ description: 'The clock of a partition cannot pass this feed’s watermark.' })
  holdsBack!: boolean;
  @ShapeField(() => LastFileShape, { nullable: true }) lastFile!: LastFileShape | null;
}

@Shape('OpenPeriods', 'Billing periods that are not closed.')
export class OpenPeriodsShape {
  @IntField() count!: number;
  @TimeField({ nullable: true }) earliestEnd!: string | null;
  @TextsField({ description: 'The feeds that have not come as far as the earliest end.' })
  waitFor!: readonly string[];
}

@Shape('Feeds', 'All feeds, and how far the clock is.')
export class FeedsShape {
  @TimeField({ nullable: true }) watermark!: string | null;
  @ListField(() => FeedShape) feeds!: readonly FeedShape[];
  @ShapeField(() => OpenPeriodsShape) openPeriods!: OpenPeriodsShape;
}

/** The feed of a path. */
export class FeedPath {
  @Text({ minLength: 1, maxLength: 255 }) feed!: string;
}

/** The longest span of times that are instants. */
const anyInstant = { minimum: -8.64e15, maximum: 8.64e15 };

@Input('CompleteThrough', 'Up to when a feed is complete.')
export class CompleteThroughBody {
  @Instant(anyInstant, { example: '2020-02-01T04:00:00Z' }) at!: number;
}
