import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { TaskState } from '../../streaming/index.js';
import { httpErrors } from './errors.js';
import { Shape, TextField } from './fields.js';
import { refusal, type Refusal } from './refusal.js';

/** Answers the state of the task of this process. */
export type TaskStateOf = () => TaskState;

export const TASK_STATE = Symbol('TaskState');

/** How a process is. */
@Shape('Health', 'How the process is.')
export class Health {
  @TextField() status!: string;
  @TextField({ description: 'What the task of this process does.' }) task!: string;
}

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(@Inject(TASK_STATE) private readonly taskState: TaskStateOf) {}

  /** A failed task is a bug that only a restart can end. */
  @Get('live')
  @ApiOperation({
    summary: 'Whether the process is to be kept',
    description: '503 when its task has failed: that is a bug which only a restart can end.',
  })
  @ApiOkResponse({ description: 'It is', type: Health })
  live(): Health {
    const task = this.taskState();
    if (task === 'failed') throw notWell(task);
    return { status: 'live', task };
  }

  @Get('ready')
  @ApiOperation({
    summary: 'Whether the process counts',
    description: '503 while it starts, restores or waits for a store; it gets there by itself.',
  })
  @ApiOkResponse({ description: 'It does', type: Health })
  ready(): Health {
    const task = this.taskState();
    if (task !== 'running') throw notWell(task);
    return { status: 'ready', task };
  }
}

const notWell = (task: TaskState): Refusal =>
  refusal(httpErrors, 'NOT_READY', { status: 503, message: `the task is ${task}` });
