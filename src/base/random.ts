/**
 * Randomness as an argument. The daemon passes the operating system's; tests and the simulator pass a seeded one, so
 * that a run repeats to the byte.
 */
export interface Random {
  /** @returns `length` fresh random bytes. */
  bytes(length: number): Uint8Array;
  /** @returns a number in [0, 1). */
  unit(): number;
}

/** xoshiro128** seeded through splitmix32: small, fast, repeatable; never for keys outside tests and the simulator. */
export function seededRandom(seed: number): Random {
  let mix = seed >>> 0;
  const split = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let a = split();
  let b = split();
  let c = split();
  let d = split() | 1;
  const next = (): number => {
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return {
    bytes(length) {
      const out = new Uint8Array(length);
      for (let i = 0; i < length; i += 4) {
        let word = next();
        for (let j = i; j < Math.min(i + 4, length); j++) {
          out[j] = word & 255;
          word >>>= 8;
        }
      }
      return out;
    },
    unit: () => next() / 0x1_0000_0000,
  };
}
