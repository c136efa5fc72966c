/**
 * The first two frames of a session: who each side is, proved by its node key over both sides' fresh nonces, and the
 * key that short ids are made with. Without the proof a stranger could take bundles in a friend's name, and the
 * friend's cursor would move past what it never got.
 */
import { concatBytes, fromHex, toHex } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import { encodeCbor } from '../cbor/index.js';
import { type SigningKey, sha256, sign, sipHash24, type Verify } from '../crypto/index.js';
import { type NodeId, nodeIdOf } from '../people/index.js';
import type { GossipFrame } from './frames.js';

export type Hello = Extract<GossipFrame, { kind: 'hello' }>;

const PROOF_LABEL = 'hearsay gossip 1 proof';
const SESSION_LABEL = 'hearsay gossip 1 session';

function proofBytes(prover: Hello, verifier: Hello): Uint8Array {
  return encodeCbor([PROOF_LABEL, prover.nodeKey, prover.nonce, prover.epoch, verifier.nodeKey, verifier.nonce]);
}

export function prove(key: SigningKey, mine: Hello, theirs: Hello): Uint8Array {
  return sign(key, proofBytes(mine, theirs));
}

/** @returns the proven node id, or undefined when the proof fails. */
export function checkProof(mine: Hello, theirs: Hello, signature: Uint8Array, verify: Verify): NodeId | undefined {
  return verify(theirs.nodeKey, proofBytes(theirs, mine), signature) ? nodeIdOf(theirs.nodeKey) : undefined;
}

/**
 * Makes the 8-byte ids of one session: SipHash-2-4 of the bundle key under a key that both nonces decide, so that
 * nobody can prepare bundles whose ids collide.
 */
export function shortIdMaker(mine: Hello, theirs: Hello): (key: BundleKey) => Uint8Array {
  const [low, high] = toHex(mine.nonce) < toHex(theirs.nonce) ? [mine.nonce, theirs.nonce] : [theirs.nonce, mine.nonce];
  const sessionKey = sha256(encodeCbor([SESSION_LABEL, concatBytes(low, high)])).slice(0, 16);
  return (key) => sipHash24(sessionKey, fromHex(key));
}
