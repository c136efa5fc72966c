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
  if (typeof nickname !== 'string' || utf8(nickname).length > MAX_NICKNAME_BYTES) throw refuse('has a bad nickname');
  if (!(boxKey instanceof Uint8Array) || boxKey.length !== 32) throw refuse('has a bad box key');
  // Node ids and person ids are made alike.
  if (typeof node !== 'string' || !isPersonId(node)) throw refuse('has a bad node id');
  return { nickname, boxKey, node: node as string as NodeId };
}

function refuse(what: string): DecodeError {
  return new DecodeError('ERR_PROFILE', `the profile ${what}`, 0);
}
