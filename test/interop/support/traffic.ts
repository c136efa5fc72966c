/** Bundles for foreign nodes: made now, because they look at the lifetime. */
import { DTN_EPOCH_MS } from '../../../src/base/index.js';
import { createBundle, encodeBundle, parseEid } from '../../../src/bundle/index.js';

let sequence = 0;

/** The creation timestamp of a bundle made now. */
export function freshCreation(): { readonly time: number; readonly sequence: number } {
  return { time: Date.now() - DTN_EPOCH_MS, sequence: ++sequence };
}

/** An unsigned bundle. */
export function bundleFor(destination: string, payload: Uint8Array, source = 'dtn://hearsay/app'): Uint8Array {
  return encodeBundle(
    createBundle({
      source: parseEid(source),
      destination: parseEid(destination),
      creation: freshCreation(),
      lifetimeMs: 3_600_000,
      payload,
      hopLimit: 16,
    }),
  );
}
