/** The wall clock in epoch ms; handed in wherever time is needed. */
export type Clock = () => number;

/** The clock of the machine. */
export const systemClock: Clock = () => Date.now();

export const CLOCK = Symbol('Clock');
