/**
 * Profiles: what a device tells the mesh about its person. One bundle per device, topic `profile`, newest wins.
 *
 * Payload: CBOR [1, nickname, box public key (32 bytes), node id]. The person and the device are
 * the bundle's source, vouched for by its signature. Layout: docs/protocol/chat.md.
 */
import { DecodeError, utf8 } from '../base/index.js';
import { decodeCbor, encodeCbor } from '../cbor/index.js';
import { sha256 } from '../crypto/index.js';
import { isPersonId } from './ids.js';
import type { NodeId } from './types.js';

export interface Profile {
  readonly nickname: string;
  /** Where messages to this device are sealed to. */
  readonly boxKey: Uint8Array;
  /** The laptop that serves the device: a live link to it is certainty. */
  readonly node: NodeId;
}

const VERSION = 1;
export const MAX_NICKNAME_BYTES = 64;

/**
 * Control characters, line ends, and what turns the direction of text: with them one name can look like another, or
 * like something that the program itself says.
 */
const NOT_IN_NICKNAME = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

export function isNickname(text: string): boolean {
  return text.search(NOT_IN_NICKNAME) < 0 && utf8(text).length <= MAX_NICKNAME_BYTES;
}

/** A person's wish as a nickname that everybody accepts: what may not be in one is taken out, what is too long is cut. */
export function nicknameFrom(wish: string): string {
  let nickname = '';
  for (const character of wish.replace(NOT_IN_NICKNAME, '').trim()) {
    if (utf8(nickname + character).length > MAX_NICKNAME_BYTES) break;
    nickname += character;
  }
  return nickname;
}

/** The id by which a sealed message names the key it is wrapped for. */
export function boxKeyIdOf(boxKey: Uint8Array): Uint8Array {
  return sha256(boxKey).slice(0, 8);
}

export function encodeProfile(profile: Profile): Uint8Array {
  return encodeCbor([VERSION, profile.nickname, profile.boxKey, profile.node]);
}

/** @throws DecodeError `ERR_PROFILE`. */
export function decodeProfile(bytes: Uint8Array): Profile {
  const value = decodeCbor(bytes);
  if (!Array.isArray(value) || value.length < 4 || value[0] !== VERSION) throw refuse('has an unknown form');
  const [, nickname, boxKey, node] = value;
  if (typeof nickname !== 'string' || !isNickname(nickname)) throw refuse('has a bad nickname');
  if (!(boxKey instanceof Uint8Array) || boxKey.length !== 32) throw refuse('has a bad box key');
  // Node ids and person ids are made alike.
  if (typeof node !== 'string' || !isPersonId(node)) throw refuse('has a bad node id');
  return { nickname, boxKey, node: node as string as NodeId };
}

function refuse(what: string): DecodeError {
  return new DecodeError('ERR_PROFILE', `the profile ${what}`, 0);
}
