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

/** Agreements as bodies of requests, NDJSON of 20,000 at most each. */
export function* agreementBodies(agreements: readonly GeneratedAgreement[]): Generator<string> {
  for (let at = 0; at < agreements.length; at += agreementsARequest) {
    yield agreements
      .slice(at, at + agreementsARequest)
      .map(jsonOf)
      .join('\n');
  }
}

/** Posts bodies one behind the other; throws when an agreement is refused. */
export const postBodies = async (program: Program, bodies: Iterable<string>): Promise<void> => {
  for (const body of bodies) {
    const { rejected } = await program.post<{ rejected: unknown[] }>(
      '/api/agreements',
      body,
      'application/x-ndjson',
    );
    if (rejected.length === 0) continue;
    throw new Error(`${rejected.length} agreements refused: ${JSON.stringify(rejected[0])}`);
  }
};

/** Posts agreements as NDJSON; throws when one is refused. */
export const postAgreements = (
  program: Program,
  agreements: readonly GeneratedAgreement[],
): Promise<void> => postBodies(program, agreementBodies(agreements));

/** The agreements of a workload, posted. */
export const postWorkloadAgreements = (
  program: Program,
  options: Partial<WorkloadOptions>,
): Promise<void> => postAgreements(program, workloadAgreements(options));
