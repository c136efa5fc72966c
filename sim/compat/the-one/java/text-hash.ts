/** `String.hashCode`, as Java's documentation defines it: 31-based over UTF-16 units, wrapping at 32 bits. */
export function textHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** What Java's `HashMap` makes of a hash before it takes the low bits: the high half folded in. */
export function spreadHash(hash: number): number {
  return hash ^ (hash >>> 16);
}
