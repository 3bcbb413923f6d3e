import { IntField, ListField, RestShape, TextField } from './fields.js';

const fromOne = { minimum: 1 };

@RestShape('RefusedLine', 'A line of a request that was refused, and why.')
export class RefusedLineShape {
  @IntField({ ...fromOne, description: 'Counts from 1; of an array the place in it.' })
  line!: number;
  @TextField({ description: 'Stable, see docs/errors.md.', example: 'CONFLICTING_RECORD' })
  code!: string;
  @TextField() message!: string;
}

/** What became of the lines of a request (`LinesTaken`). */
@RestShape('LinesTaken', 'What became of the lines of a request.')
export class LinesTakenShape {
  @IntField({ description: 'Lines that are durable now, repeats of known ones among them.' })
  accepted!: number;
  @ListField(() => RefusedLineShape, { description: 'The first ones in order.' })
  rejected!: readonly RefusedLineShape[];
  @IntField({ ...fromOne, optional: true, description: 'More that were refused, not listed.' })
  rejectedNotNamed?: number;
}

/** What every refusal looks like on the wire (`FaultAnswer`). */
@RestShape('Fault', 'Why a request was refused, and what to do about it.')
export class FaultShape {
  @TextField({ description: 'Stable, see docs/errors.md.', example: 'REQUEST_INVALID' })
  code!: string;
  @TextField({ description: 'All reasons at once.', example: 'limit: must be a whole number' })
  message!: string;
  @TextField({ description: 'What to do next.' }) next!: string;
  @IntField({ optional: true, description: 'Of a request in lines.' }) accepted?: number;
  @ListField(() => RefusedLineShape, { optional: true, description: 'Of a request in lines.' })
  rejected?: readonly RefusedLineShape[];
  @IntField({ ...fromOne, optional: true, description: 'More that were refused, not listed.' })
  rejectedNotNamed?: number;
  @IntField({
    ...fromOne,
    optional: true,
    description: 'When the body ended early: all lines up to this one were taken, none behind.',
  })
  lines?: number;
}
