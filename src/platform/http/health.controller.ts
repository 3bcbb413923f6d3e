import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { TaskState } from '../../streaming/index.js';
import { httpErrors } from './errors.js';
import { Shape, TextField } from './fields.js';
import { refusal, Refusal } from './refusal.js';

/** How the task of this process is. */
export interface TaskHealth {
  readonly state: TaskState;
  /** Why it failed, with the code, and what a person does about it. */
  readonly cause?: string | undefined;
  readonly next?: string | undefined;
}

export type TaskHealthOf = () => TaskHealth;

export const TASK_HEALTH = Symbol('TaskHealth');

/** How a process is. */
@Shape('Health', 'How the process is.')
export class Health {
  @TextField() status!: string;
  @TextField({ description: 'What the task of this process does.' }) task!: string;
}

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(@Inject(TASK_HEALTH) private readonly health: TaskHealthOf) {}

  /** A failed task goes on only behind a new start. */
  @Get('live')
  @ApiOperation({
    summary: 'Whether the process is to be kept',
    description: '503 when its task has failed: the message says why, `next` what to do.',
  })
  @ApiOkResponse({ description: 'It is', type: Health })
  live(): Health {
    const health = this.health();
    if (health.state === 'failed') throw notWell(health);
    return { status: 'live', task: health.state };
  }

  @Get('ready')
  @ApiOperation({
    summary: 'Whether the process counts',
    description: '503 while it starts, restores or waits for a store; it gets there by itself.',
  })
  @ApiOkResponse({ description: 'It does', type: Health })
  ready(): Health {
    const health = this.health();
    if (health.state !== 'running') throw notWell(health);
    return { status: 'ready', task: health.state };
  }
}

const notWell = ({ state, cause, next = httpErrors.TASK_FAILED.next }: TaskHealth): Refusal => {
  if (state !== 'failed') {
    return refusal(httpErrors, 'NOT_READY', { status: 503, message: `the task is ${state}` });
  }
  const message =
    cause === undefined ? httpErrors.TASK_FAILED.meaning : `the task failed: ${cause}`;
  return new Refusal('TASK_FAILED', message, { status: 503, next });
};
