/** Who is who: ids, profiles, contacts (architecture §3, §6). */
import type { Branded } from '../base/index.js';

/** Lower-case base32, unpadded, of the first 16 bytes of the SHA-256 of a person's Ed25519 key: 26 characters. */
export type PersonId = Branded<string, 'PersonId'>;
/** The same of a laptop's node key. */
export type NodeId = Branded<string, 'NodeId'>;

/** How far a person is trusted; each step up earns quota. */
export type TrustTier = 'own' | 'met' | 'introduced' | 'unknown';
