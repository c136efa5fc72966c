/**
 * Memory for small results. A fresh `ArrayBuffer` costs the allocator and the garbage collector more than everything that
 * is written into a short encoding, so several share one.
 *
 * No byte is given out twice. Whoever keeps one result keeps its slab, which is why it is no larger than that of Node's
 * own `Buffer`s.
 */
const SLAB_BYTES = 8_192;
/** Longer ones would leave too much of a slab unused. */
const MAX_SHARED_BYTES = 1_024;
/** V8 keeps shorter arrays on its own heap, without any buffer. */
const MIN_SHARED_BYTES = 65;
const ALIGNMENT = 8;

let slab = new ArrayBuffer(SLAB_BYTES);
let used = 0;

/** @returns zeros. */
export function freshBytes(length: number): Uint8Array {
  if (length < MIN_SHARED_BYTES || length > MAX_SHARED_BYTES) return new Uint8Array(length);
  if (used + length > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const bytes = new Uint8Array(slab, used, length);
  used = (used + length + ALIGNMENT - 1) & -ALIGNMENT;
  return bytes;
}
