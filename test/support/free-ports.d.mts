/** Ports of 127.0.0.1 that nobody listens on, no two the same. */
export function freePorts(count: number): Promise<number[]>;
