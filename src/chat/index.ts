/** Chat: what people say, and the port through which edges say it (docs/protocol/chat.md). */
export {
  type ChatMessage,
  decodeMessage,
  encodeMessage,
  MAX_BODY_BYTES,
  MAX_HELD_MS,
  MAX_MESSAGE_ID_BYTES,
} from './message.js';
export { originTime } from './origin-time.js';
export type * from './port.js';
export { decodeReceipt, encodeReceipt, MAX_RECEIPT_KEYS } from './receipt.js';
export {
  decodeInbox,
  decodeOutbox,
  encodeInbox,
  encodeOutbox,
  type InboxRecord,
  type OutboxRecord,
} from './records.js';
