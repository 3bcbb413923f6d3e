/** What a user can mend: its message says what is wrong and what to do. Ends a command with 1. */
export class ClusterFault extends Error {}
