import { JavaRandom } from './java-random.js';
import { nextNameUuid } from './name-uuid.js';
import { dayMs, demoZone, seeds, serviceStartAtMs } from './seeds.js';

const GIB = 1024 ** 3;
const plansBytes = [5 * GIB, 10 * GIB];

/** An agreement as the agreements context takes it. Instants in ms, the allowance in bytes. */
export interface GeneratedAgreement {
  readonly id: string;
  readonly msisdn: number;
  readonly signedAtMs: number;
  readonly serviceStartAtMs: number;
  readonly billingPeriodTimeZone: string;
  readonly maxBytesInBillingPeriod: number;
}

/** The next MSISDN of a sequence: 48 and up to 9 digits, not padded. */
export function nextMsisdn(random: JavaRandom): number {
  return Number(`48${Math.floor(random.nextDouble() * 1e9)}`);
}

/** The endless sequence of demo agreements; every call goes on where the one before ended. */
export class AgreementsGenerator {
  private readonly ids = new JavaRandom(seeds.agreementId);
  private readonly msisdns = new JavaRandom(seeds.msisdn);
  private readonly signedAts = new JavaRandom(seeds.signedAt);
  private readonly plans = new JavaRandom(seeds.plan);

  /** The next `batchSize` agreements (an integer, at least 0). */
  next(batchSize = 1): GeneratedAgreement[] {
    return Array.from({ length: batchSize }, () => this.one());
  }

  private one(): GeneratedAgreement {
    return {
      id: nextNameUuid(this.ids),
      msisdn: nextMsisdn(this.msisdns),
      signedAtMs: this.signedAtMs(),
      serviceStartAtMs,
      billingPeriodTimeZone: demoZone,
      maxBytesInBillingPeriod: plansBytes[Math.floor(this.plans.nextDouble() * plansBytes.length)],
    };
  }

  // Calendar days, but no change of offset lies in the December they fall in.
  private signedAtMs(): number {
    return serviceStartAtMs - (Math.floor(20 * this.signedAts.nextDouble()) + 10) * dayMs;
  }
}
