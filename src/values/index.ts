export * from './errors.js';
export * from './uuid.js';
export * from './uuid-bytes.js';
