/** The name of a bundle on this node and in the store. */
import { toHex } from '../base/index.js';
import { CborWriter } from '../cbor/index.js';
import { sha256 } from '../crypto/index.js';
import { payloadOf } from './blocks.js';
import { NULL_EID, writeEid } from './eid.js';
import { primaryBytes } from './primary.js';
import type { Bundle, BundleKey, Eid, PrimaryBlock } from './types.js';

const KEY_BYTES = 16;

/**
 * See {@link BundleKey}: of a whole bundle; a fragment's primary block gives the key of the whole that it is of. The
 * source is encoded one way whatever way it came: two forms of one id must not make two bundles.
 */
export function bundleKey({ source, creation }: Pick<PrimaryBlock, 'source' | 'creation'>): BundleKey {
  const writer = new CborWriter(96).array(3);
  writeEid(writer, canonical(source));
  writer.uint(creation.time).uint(creation.sequence);
  return digest(writer.finish());
}

/**
 * The key of this very bundle, whole or fragment. A fragment's names its stretch of the payload too: after a cut there may
 * be two that begin at one place and end at different ones (RFC 9171 §5.8).
 *
 * A bundle without a source has no name by the RFC (§4.2.5.1.1): what it says has to do.
 */
export function bundleKeyOf(bundle: Bundle): BundleKey {
  const { primary } = bundle;
  const { source, creation, fragment } = primary;
  if (source.kind === 'null') {
    const content = new CborWriter(256).array(3);
    writeEid(content, NULL_EID);
    return digest(
      content
        .byteString(primaryBytes(primary))
        .byteString(sha256(payloadOf(bundle)))
        .finish(),
    );
  }
  if (fragment === undefined) return bundleKey(primary);
  const writer = new CborWriter(96).array(6);
  writeEid(writer, canonical(source));
  writer.uint(creation.time).uint(creation.sequence);
  return digest(writer.uint(fragment.offset).uint(payloadOf(bundle).length).uint(fragment.totalLength).finish());
}

function digest(named: Uint8Array): BundleKey {
  return toHex(sha256(named).subarray(0, KEY_BYTES)) as BundleKey;
}

function canonical(eid: Eid): Eid {
  return eid.kind === 'ipn' ? { ...eid, elements: 2 } : eid;
}
