/** Chat: what people say, and the port through which edges say it (docs/protocol/chat.md). */
export {
  assemble,
  type Chunk,
  chunkCount,
  chunkCreation,
  chunkEndpoint,
  chunkKeys,
  chunkLength,
  chunkOf,
  DEFAULT_CHUNK_BYTES,
  decodeChunk,
  decodeManifest,
  encodeChunk,
  encodeManifest,
  isManifest,
  MAX_CHUNK_BYTES,
  type Manifest,
  MIN_CHUNK_BYTES,
  manifestFor,
  messageOfChunk,
} from './chunk.js';
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
  type AssemblyRecord,
  decodeAssembly,
  decodeInbox,
  decodeOutbox,
  encodeAssembly,
  encodeInbox,
  encodeOutbox,
  type InboxRecord,
  type OutboxRecord,
} from './records.js';
