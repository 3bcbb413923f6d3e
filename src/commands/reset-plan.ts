/** What a reset would do, a line each, and the work itself. */
export interface ResetPlan {
  readonly lines: readonly string[];
  run(): Promise<void>;
}
