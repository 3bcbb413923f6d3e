import { closeSync, openSync, writeSync } from 'node:fs';
import {
  workloadAgreements,
  writeWorkload,
  type GeneratedAgreement,
  type WorkloadBook,
  type WorkloadOptions,
} from '../src/generator/index.js';
import type { Program } from './program.js';

/** Agreements a request when many are posted. */
const agreementsARequest = 20_000;

/** Writes a CDR file of a seeded workload. */
export const writeCdrFile = (path: string, options: Partial<WorkloadOptions>): WorkloadBook => {
  const file = openSync(path, 'w');
  try {
    return writeWorkload(options, (chunk) => writeSync(file, chunk));
  } finally {
    closeSync(file);
  }
};

const jsonOf = (agreement: GeneratedAgreement): string =>
  JSON.stringify({
    id: agreement.id,
    msisdn: String(agreement.msisdn),
    signedAt: new Date(agreement.signedAtMs).toISOString(),
    serviceStartAt: new Date(agreement.serviceStartAtMs).toISOString(),
    billingPeriodTimeZone: agreement.billingPeriodTimeZone,
    maxBytesInBillingPeriod: agreement.maxBytesInBillingPeriod,
  });

/** Posts agreements as NDJSON; throws when one is refused. */
export const postAgreements = async (
  program: Program,
  agreements: readonly GeneratedAgreement[],
): Promise<void> => {
  for (let at = 0; at < agreements.length; at += agreementsARequest) {
    const some = agreements.slice(at, at + agreementsARequest);
    const body = some.map(jsonOf).join('\n');
    const { accepted, rejected } = await program.post<{ accepted: number; rejected: unknown[] }>(
      '/api/agreements',
      body,
      'application/x-ndjson',
    );
    if (accepted === some.length) continue;
    throw new Error(`${rejected.length} agreements refused: ${JSON.stringify(rejected[0])}`);
  }
};

/** The agreements of a workload, posted. */
export const postWorkloadAgreements = (
  program: Program,
  options: Partial<WorkloadOptions>,
): Promise<void> => postAgreements(program, workloadAgreements(options));
