/**
 * What is said: the content of a message, before it is sealed (docs/protocol/chat.md).
 *
 * CBOR [1, author, id, body, held ms]. The author is inside the seal as well as around it: a bundle's signature says who
 * sent this sealed content, not who wrote it, and a stranger could wrap what he cannot read into a bundle of his own.
 * `held` is how long the message waited between being written and being sealed; with the
 * age of its bundle it gives the time of writing, whatever the author's clock said.
 */
import { DAY_MS, DecodeError, utf8 } from '../base/index.js';
import { decodeCbor, encodeCbor } from '../cbor/index.js';
import { isPersonId, type PersonId } from '../people/index.js';

export interface ChatMessage {
  readonly author: PersonId;
  /** The author's client's id, or one that the author's node made. */
  readonly id: string;
  readonly body: string;
  readonly heldMs: number;
}

const VERSION = 1;
export const MAX_MESSAGE_ID_BYTES = 256;
/** A 5 MiB text must pass; past this a person wants a file transfer. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Nothing waits longer to be sealed; more would put the time of writing outside of what calendars know. */
export const MAX_HELD_MS = 366 * DAY_MS;

export function encodeMessage(message: ChatMessage): Uint8Array {
  return encodeCbor([
    VERSION,
    message.author,
    message.id,
    message.body,
    Math.min(Math.round(message.heldMs), MAX_HELD_MS),
  ]);
}

/** @throws DecodeError `ERR_MESSAGE`. */
export function decodeMessage(bytes: Uint8Array): ChatMessage {
  const value = decodeCbor(bytes);
  if (!Array.isArray(value) || value.length < 5 || value[0] !== VERSION) throw refuse('has an unknown form');
  const [, author, id, body, heldMs] = value;
  if (typeof author !== 'string' || !isPersonId(author)) throw refuse('names no author');
  if (typeof id !== 'string' || utf8(id).length > MAX_MESSAGE_ID_BYTES) throw refuse('has a bad id');
  if (typeof body !== 'string') throw refuse('has no text');
  // A character of UTF-16 is at most three bytes: only what may be too long is measured.
  if (body.length * 3 > MAX_BODY_BYTES && utf8(body).length > MAX_BODY_BYTES) throw refuse('is too long');
  if (typeof heldMs !== 'number' || heldMs < 0 || heldMs > MAX_HELD_MS) throw refuse('has a bad time');
  return { author, id, body, heldMs };
}

function refuse(what: string): DecodeError {
  return new DecodeError('ERR_MESSAGE', `the message ${what}`, 0);
}
