import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { refusal } from '../platform/http/refusal.js';
import { PeriodPath } from './data-records.dto.js';
import { dataRecordsErrors } from './errors.js';
import { KEPT_TOTALS, type KeptTotal, type KeptTotals } from './running-totals.js';

/** What the processes of a cluster ask each other: no part of the API. */
@ApiExcludeController()
@Controller('internal/totals')
export class KeptTotalsController {
  constructor(@Inject(KEPT_TOTALS) private readonly kept: KeptTotals) {}

  /** 404 TOTAL_NOT_KEPT when no task of this process knows the agreement. */
  @Get(':agreementId/:year/:month')
  get(@Param() { agreementId, ...period }: PeriodPath): KeptTotal {
    const totalBytes = this.kept.total(agreementId.toLowerCase(), period);
    if (totalBytes !== undefined) return { owner: this.kept.owner, totalBytes };
    throw refusal(dataRecordsErrors, 'TOTAL_NOT_KEPT', { status: 404 });
  }
}
