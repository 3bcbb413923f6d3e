/** `SEED=<number>` repeats a run; without it every run of a suite is the same. */
export const seed = Number(process.env.SEED ?? 20200101);

/** How often a property is tried; `RUNS=<factor>` multiplies it for a long search. */
export const runsOf = (times: number): number => Math.ceil(times * Number(process.env.RUNS ?? 1));
