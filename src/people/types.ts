/** Who is who: ids, profiles, contacts (architecture §3, §6). */
import type { Branded } from '../base/index.js';

/** Lower-case base32, unpadded, of the first 16 bytes of the SHA-256 of a person's Ed25519 key: 26 characters. */
export type PersonId = Branded<string, 'PersonId'>;
/** The same of a laptop's node key. */
export type NodeId = Branded<string, 'NodeId'>;

/**
 * How far a contact is trusted (architecture §6): their address came from somebody or somewhere (`introduced`), they
 * were met in person and their key was compared (`met`), or the school vouches for them (`provisioned`).
 */
export type ContactTrust = 'introduced' | 'met' | 'provisioned';
