/**
 * The first two frames of a session: who each side is, proved by its node key over both sides' fresh nonces, and the
 * key that short ids are made with. Without the proof a stranger could take bundles in a friend's name, and the
 * friend's cursor would move past what it never got. The proof covers the link's channel too: a man in the middle has two
 * links, and no proof holds for both.
 */
import { concatBytes, toHex } from '../base/index.js';
import { formatEid } from '../bundle/index.js';
import { encodeCbor } from '../cbor/index.js';
import { type SigningKey, sha256, sign, type Verify } from '../crypto/index.js';
import { type NodeId, nodeEid, nodeIdOf } from '../people/index.js';
import type { GossipFrame } from './frames.js';
import { SessionIds } from './session-ids.js';

export type Hello = Extract<GossipFrame, { kind: 'hello' }>;

const PROOF_LABEL = 'hearsay gossip 1 proof';
const SESSION_LABEL = 'hearsay gossip 1 session';

/** What a link knows of itself that its other end knows too, and nobody between the two can forge. */
export interface LinkChannel {
  /** The same at both ends of this link, and of no other; empty where there is no such thing. */
  readonly binding: Uint8Array;
  /** The endpoint id that the link has proved already; the node key has to be that node's. */
  readonly provedEid?: string | undefined;
}

export const UNBOUND: LinkChannel = { binding: new Uint8Array(0) };

function proofBytes(prover: Hello, verifier: Hello, { binding }: LinkChannel): Uint8Array {
  const both = [prover.nodeKey, prover.nonce, prover.epoch, verifier.nodeKey, verifier.nonce];
  return encodeCbor([PROOF_LABEL, ...both, binding]);
}

export function prove(key: SigningKey, mine: Hello, theirs: Hello, channel = UNBOUND): Uint8Array {
  return sign(key, proofBytes(mine, theirs, channel));
}

/** @returns the proven node id, or undefined when the proof fails or is another node's than the link's. */
export function checkProof(
  mine: Hello,
  theirs: Hello,
  signature: Uint8Array,
  verify: Verify,
  channel = UNBOUND,
): NodeId | undefined {
  if (!verify(theirs.nodeKey, proofBytes(theirs, mine, channel), signature)) return undefined;
  const node = nodeIdOf(theirs.nodeKey);
  const { provedEid } = channel;
  return provedEid === undefined || provedEid === formatEid(nodeEid(node)) ? node : undefined;
}

/** The side whose nonce is the lower one speaks first when stores are compared. */
export function leads(mine: Hello, theirs: Hello): boolean {
  return toHex(mine.nonce) < toHex(theirs.nonce);
}

/** The names that both sides give to bundles in this session: keyed by both nonces. */
export function sessionIds(mine: Hello, theirs: Hello): SessionIds {
  const [low, high] = leads(mine, theirs) ? [mine.nonce, theirs.nonce] : [theirs.nonce, mine.nonce];
  return new SessionIds(sha256(encodeCbor([SESSION_LABEL, concatBytes(low, high)])).slice(0, 16));
}
