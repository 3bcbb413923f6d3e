export { createLogger, type LogFacts, type Logger, type LoggerOptions } from './logger.js';
export { maskMsisdn } from './mask-msisdn.js';
