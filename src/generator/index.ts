export {
  AgreementsGenerator,
  nextMsisdn,
  type GeneratedAgreement,
} from './domain/agreements-generator.js';
export {
  CdrFileGenerator,
  type GeneratedCdrFile,
  type GenerateRequest,
} from './domain/cdr-file-generator.js';
export {
  DirectRecordsGenerator,
  type DirectRecord,
  type DirectRecordsBatch,
} from './domain/direct-records-generator.js';
export { readGenerateRequest, type GenerateRequestReading } from './domain/generate-request.js';
export { JavaRandom } from './domain/java-random.js';
export { nameUuidFromBytes } from './domain/name-uuid.js';
export { shuffle } from './domain/shuffle.js';
export { zonedText } from './domain/zoned-time.js';
export {
  plainWorkload,
  workloadAgreements,
  workloadMsisdn,
  writeWorkload,
  type WorkloadBook,
  type WorkloadOptions,
} from './domain/workload.js';
export { CDR_DROP, type CdrDrop } from './cdr-drop.js';
export { generatorErrors } from './errors.js';
