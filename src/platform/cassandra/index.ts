export * from './cassandra-session.js';
export * from './errors.js';
export * from './in-parallel.js';
export * from './schema.js';
export * from './shards.js';
export * from './values.js';
