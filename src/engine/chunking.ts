/** Puts sealed content on its way: in one bundle, or in a manifest and chunks where it is large (docs/protocol/chat.md). */
import { invariant, type Now } from '../base/index.js';
import {
  chunkCount,
  chunkCreation,
  chunkEndpoint,
  DEFAULT_CHUNK_BYTES,
  encodeChunk,
  encodeManifest,
  MAX_CHUNK_BYTES,
  MIN_CHUNK_BYTES,
  manifestFor,
} from '../chat/index.js';
import { chatEndpoint, type PersonId } from '../people/index.js';
import { BundleClass, type LedgerEntry } from '../store/index.js';
import type { Core } from './core.js';
import type { LocalPerson } from './local-person.js';
import type { Transaction } from './transaction.js';

interface Outgoing {
  readonly sender: LocalPerson;
  readonly to: PersonId;
  /** Sealed. */
  readonly content: Uint8Array;
  readonly lifetimeMs: number;
}

/**
 * All of it or nothing.
 *
 * @returns the entry of the message's bundle.
 * @throws HearsayError `ERR_QUOTA`
 */
export function publishContent(core: Core, transaction: Transaction, outgoing: Outgoing, now: Now): LedgerEntry {
  const { sender, to, content, lifetimeMs } = outgoing;
  const destination = chatEndpoint(to);
  const publish = (payload: Uint8Array): LedgerEntry =>
    core.publish(transaction, sender, BundleClass.Message, { destination, payload, lifetimeMs }, now);
  const chunkBytes = core.config.chunkBytes ?? DEFAULT_CHUNK_BYTES;
  // Stand-in content is hollow: most of its bytes do not exist, so there is nothing to cut into chunks.
  if (content.length <= chunkBytes || core.crypto.hollowBytes(content) > 0) return publish(content);
  return transaction.attempt(() => publishChunked(core, transaction, outgoing, chunkBytes, now));
}

function publishChunked(
  core: Core,
  transaction: Transaction,
  { sender, to, content, lifetimeMs }: Outgoing,
  chunkBytes: number,
  now: Now,
): LedgerEntry {
  const manifest = manifestFor(content, Math.max(MIN_CHUNK_BYTES, Math.min(chunkBytes, MAX_CHUNK_BYTES)));
  const count = chunkCount(manifest);
  const creation = core.nextCreation(now, 1 + count);
  const message = core.publish(
    transaction,
    sender,
    BundleClass.Message,
    { destination: chatEndpoint(to), payload: encodeManifest(manifest), lifetimeMs, creation },
    now,
  );
  const destination = chunkEndpoint(to, message.key);
  for (let index = 0; index < count; index++) {
    const creationOfChunk = chunkCreation(creation, index);
    invariant(creationOfChunk !== undefined, 'our sequence numbers are far from their end');
    const payload = encodeChunk(content, manifest, index);
    const spec = { destination, payload, lifetimeMs, creation: creationOfChunk };
    core.publish(transaction, sender, BundleClass.Bulk, spec, now);
  }
  return message;
}
