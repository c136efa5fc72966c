/** Ids and endpoints of people and laptops (architecture §3; docs/protocol/addresses.md). */
import { type DtnEid, dtnEid, type Eid } from '../bundle/index.js';
import { idOfKey } from '../crypto/index.js';
import type { NodeId, PersonId } from './types.js';

/** 26 base32 digits carry 130 bits for an id of 128: the last digit can only be one whose two low bits are zero. */
const ID_PATTERN = /^[a-z2-7]{25}[aeimquy4]$/;

/** The pseudo-node that bundles for everybody are addressed to; no id has four characters. */
export const MESH_NODE = 'mesh';

export const SERVICE = { chat: '~chat', receipt: '~receipt', presence: '~presence', profile: '~profile' } as const;

export function isPersonId(text: string): text is PersonId {
  return ID_PATTERN.test(text);
}

export function personIdOf(publicKey: Uint8Array): PersonId {
  return idOfKey(publicKey) as PersonId;
}

export function nodeIdOf(publicKey: Uint8Array): NodeId {
  return idOfKey(publicKey) as NodeId;
}

/** The short name of a device within its person: the first 8 digits of its key's id. */
export function deviceNameOf(publicKey: Uint8Array): string {
  return idOfKey(publicKey).slice(0, 8);
}

export function nodeEid(node: NodeId): DtnEid {
  return dtnEid(node, '');
}

export function deviceEid(person: PersonId, device: string): DtnEid {
  return dtnEid(person, device);
}

export function chatEndpoint(person: PersonId): DtnEid {
  return dtnEid(person, SERVICE.chat);
}

export function receiptEndpoint(person: PersonId): DtnEid {
  return dtnEid(person, SERVICE.receipt);
}

export const PRESENCE_ENDPOINT: DtnEid = dtnEid(MESH_NODE, SERVICE.presence);
export const PROFILE_ENDPOINT: DtnEid = dtnEid(MESH_NODE, SERVICE.profile);

/** @returns the person that an endpoint belongs to, or undefined when it is nobody's. */
export function personOf(eid: Eid): PersonId | undefined {
  return eid.kind === 'dtn' && isPersonId(eid.node) ? eid.node : undefined;
}
