import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { TaskState } from '../../streaming/index.js';
import { httpErrors } from './errors.js';
import { fieldsSchema, textSchema } from './openapi.js';
import { refusal, type Refusal } from './refusal.js';

/** Answers the state of the task of this process. */
export type TaskStateOf = () => TaskState;

export const TASK_STATE = Symbol('TaskState');

const stateSchema = fieldsSchema({ status: textSchema, task: textSchema });

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(@Inject(TASK_STATE) private readonly taskState: TaskStateOf) {}

  /** A failed task is a bug that only a restart can end. */
  @Get('live')
  @ApiOperation({ summary: 'Whether the process is to be kept' })
  @ApiOkResponse({ description: 'It is', schema: stateSchema })
  live(): { status: string; task: TaskState } {
    const task = this.taskState();
    if (task === 'failed') throw notWell(task);
    return { status: 'live', task };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether the process counts' })
  @ApiOkResponse({ description: 'It does', schema: stateSchema })
  ready(): { status: string; task: TaskState } {
    const task = this.taskState();
    if (task !== 'running') throw notWell(task);
    return { status: 'ready', task };
  }
}

const notWell = (task: TaskState): Refusal =>
  refusal(httpErrors, 'NOT_READY', { status: 503, message: `the task is ${task}` });
