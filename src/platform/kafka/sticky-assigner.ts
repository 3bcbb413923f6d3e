import { AssignerProtocol, type GroupMember, type PartitionAssigner } from 'kafkajs';

/** What a member had before, by its id. */
export type Owned = ReadonlyMap<string, readonly number[]>;

/**
 * Shares partitions out evenly and leaves as many as possible where they are: each one that moves
 * has to be restored. The same for every order of members.
 */
export const shareOut = (partitions: number, owned: Owned): Map<string, number[]> => {
  const members = [...owned.keys()].sort();
  const most = Math.ceil(partitions / members.length);
  const least = Math.floor(partitions / members.length);
  const free = new Set(Array.from({ length: partitions }, (_, partition) => partition));
  const shares = new Map<string, number[]>(members.map((member) => [member, []]));
  let larger = partitions - least * members.length;
  for (const member of members) {
    const had = (owned.get(member) ?? []).filter((partition) => free.has(partition));
    const kept = had.slice(0, had.length > least && larger > 0 ? most : least);
    if (kept.length > least) larger--;
    for (const partition of kept) free.delete(partition);
    shares.get(member)?.push(...kept);
  }
  for (const partition of free) {
    const smallest = members.reduce((a, b) => (size(shares, b) < size(shares, a) ? b : a));
    shares.get(smallest)?.push(partition);
  }
  return shares;
};

const size = (shares: ReadonlyMap<string, readonly number[]>, member: string): number =>
  shares.get(member)?.length ?? 0;

const name = 'overage-sticky';
const version = 1;

const partitionsIn = (userData: Buffer): number[] => {
  try {
    const found = JSON.parse(userData.toString()) as unknown;
    return Array.isArray(found) ? found.filter((each) => Number.isInteger(each)) : [];
  } catch {
    return []; // another program's, or none
  }
};

const ownedBy = (members: readonly GroupMember[]): Owned =>
  new Map(
    members.map(({ memberId, memberMetadata }) => {
      const metadata = AssignerProtocol.MemberMetadata.decode(memberMetadata);
      return [memberId, partitionsIn(metadata?.userData ?? Buffer.alloc(0))];
    }),
  );

/** The assigner for kafkajs; each member tells the others what it has. */
export const stickyAssigner =
  (own: () => readonly number[]): PartitionAssigner =>
  ({ cluster }) => ({
    name,
    version,
    assign: ({ members, topics: [topic] }) => {
      const partitions = cluster.findTopicPartitionMetadata(topic).length;
      const shares = shareOut(partitions, ownedBy(members));
      return Promise.resolve(
        Array.from(shares, ([memberId, share]) => {
          const assignment = { [topic]: share };
          const userData = Buffer.alloc(0);
          const memberAssignment = { version, assignment, userData };
          return {
            memberId,
            memberAssignment: AssignerProtocol.MemberAssignment.encode(memberAssignment),
          };
        }),
      );
    },
    protocol: ({ topics }) => {
      const userData = Buffer.from(JSON.stringify(own()));
      const metadata = AssignerProtocol.MemberMetadata.encode({ version, topics, userData });
      return { name, metadata };
    },
  });
