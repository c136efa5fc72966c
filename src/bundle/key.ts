/** The name of a bundle on this node and in the store. */
import { toHex } from '../base/index.js';
import { CborWriter } from '../cbor/index.js';
import { sha256 } from '../crypto/index.js';
import { NULL_EID, writeEid } from './eid.js';
import type { BundleKey, Eid, PrimaryBlock } from './types.js';

const KEY_BYTES = 16;

/** See {@link BundleKey}. The source is encoded one way whatever way it came: two forms of one id must not make two bundles. */
export function bundleKey(primary: PrimaryBlock): BundleKey {
  const { creation, fragment } = primary;
  const writer = new CborWriter(96).array(fragment === undefined ? 3 : 5);
  writeEid(writer, canonical(primary.source));
  writer.uint(creation.time).uint(creation.sequence);
  if (fragment !== undefined) writer.uint(fragment.offset).uint(fragment.totalLength);
  return toHex(sha256(writer.finish()).subarray(0, KEY_BYTES)) as BundleKey;
}

function canonical(eid: Eid): Eid {
  if (eid.kind === 'ipn') return { ...eid, elements: 2 };
  return eid.kind === 'null' ? NULL_EID : eid;
}
