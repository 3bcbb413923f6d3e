import {
  IntField,
  ListField,
  OffsetField,
  Shape,
  TextField,
  TimeField,
  WordField,
  wordsOf,
} from '../platform/http/fields.js';
import { taskTransitions } from '../streaming/index.js';

const taskStates = wordsOf(
  'TaskState',
  Object.keys(taskTransitions),
  'What the task of a partition does.',
);

/** A partition as REST and GraphQL show it; null where it is not known. */
@Shape('Partition', 'A partition of the log and the task that counts it.')
export class PartitionShape {
  @IntField() partition!: number;
  @TextField({ nullable: true, description: 'Null when no process tells of it.' })
  owner!: string | null;
  @WordField(taskStates) state!: string;
  @OffsetField({ nullable: true, description: 'What is committed.' }) position!: number | null;
  @IntField({ nullable: true }) cursor!: number | null;
  @OffsetField({ nullable: true, description: 'Of the next event of the log.' })
  end!: number | null;
  @OffsetField({ nullable: true, description: 'Events that are not committed yet.' })
  lag!: number | null;
  @OffsetField({ nullable: true }) snapshotPosition!: number | null;
  @OffsetField({ nullable: true }) snapshotAgeSeconds!: number | null;
  @IntField({ nullable: true }) openPeriods!: number | null;
  @TimeField({ nullable: true }) watermark!: string | null;
  @TextField({ nullable: true, description: 'Of the last fault.' }) cause!: string | null;
  @TimeField({ nullable: true }) updatedAt!: string | null;
}

@Shape('Partitions', 'All partitions of the log.')
export class PartitionsShape {
  @ListField(() => PartitionShape) items!: PartitionShape[];
}
