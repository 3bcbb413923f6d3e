export { billingWindowErrors } from './errors.js';
export { windowFlags, type WindowTable } from './domain/window-table.js';
export {
  countedBytes,
  newUsageApplication,
  usageApplication,
  type UsageState,
} from './usage-application.js';
export {
  MESSAGE_LOG,
  startOfMessages,
  type LoggedMessage,
  type MessageLog,
} from './message-log.js';
export type { MessageTopic } from './message-topic.js';
export { MessageShape } from './messages.dto.js';
export { messageJson, messagePeriod, type MessagePeriod } from './messages.topics.js';
