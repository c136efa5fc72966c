/** Keys for tests of BPSec. */
import { fromHex, utf8 } from '../../src/base/index.js';
import type { SecurityKey } from '../../src/bundle/index.js';

export function symmetricKey(id: string, hex: string, rest: Partial<SecurityKey> = {}): SecurityKey {
  return { id: utf8(id), material: { kind: 'symmetric', bytes: fromHex(hex) }, ...rest };
}
