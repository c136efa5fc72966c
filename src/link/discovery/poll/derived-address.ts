/**
 * An IPv6 address that follows from a node id, so that a node can be dialled on a network where nothing announces it, not even
 * once before. The node does not set it: that takes the operator's rights, and is the operator's choice, because an address
 * that never changes tells every network that the laptop visits which laptop it is. Pure.
 */
import { toHex, utf8 } from '../../../base/index.js';
import { sha256 } from '../../../crypto/index.js';

export type DerivedAddressKind = 'link-local' | 'ula';

/** The prefix of all Hearsay nodes: fd00::/8 with 40 bits (RFC 4193 §3.2) of SHA-256("hearsay"), subnet 0. */
const ULA_PREFIX = `fd${toHex(sha256(utf8('hearsay')).subarray(0, 5))}0000`;
const LINK_LOCAL_PREFIX = 'fe80000000000000';
export const DERIVED_PREFIX_LENGTH = 64;
/** Where nodes listen unless they are told otherwise (RFC 9174 §8.1). */
export const DEFAULT_TCPCL_PORT = 4_556;

/**
 * @returns e.g. `fe80::1b2c:…`: the prefix and, as interface identifier, the first 8 bytes of
 *   SHA-256("hearsay address 1" followed by the node id as text). No bit of it has a meaning (RFC 7136).
 */
export function derivedAddress(nodeEid: string, kind: DerivedAddressKind): string {
  const identifier = toHex(sha256(utf8(`hearsay address 1${nodeEid}`)).subarray(0, 8));
  const digits = (kind === 'ula' ? ULA_PREFIX : LINK_LOCAL_PREFIX) + identifier;
  return shortened(digits.match(/.{4}/g) ?? []);
}

/** RFC 5952: no leading zeros, the first longest run of zero groups as `::`. Addresses are compared as text. */
function shortened(groups: readonly string[]): string {
  const plain = groups.map((group) => group.replace(/^0{1,3}/, '')).join(':');
  const runs = plain.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return plain;
  const at = plain.indexOf(longest);
  const before = plain.slice(0, at);
  const after = plain.slice(at + longest.length).replace(/^:/, '');
  return `${before}::${after}`;
}
