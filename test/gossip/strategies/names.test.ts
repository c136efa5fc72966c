import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DecodeError, toBase32 } from '../../../src/base/index.js';
import { decodeName, encodeName } from '../../../src/gossip/strategies/names.js';

it('tells a node id in 16 bytes, and gives it back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const name = toBase32(bytes);
      expect(encodeName(name)).toEqual(bytes);
      expect(decodeName(encodeName(name))).toBe(name);
    }),
  );
});

it.each(['dtn://relay/', 'ipn:5.0'])('tells the endpoint id %s as it is', (name) => {
  expect(decodeName(encodeName(name))).toBe(name);
});

it.each([undefined, 5, 'no endpoint', new Uint8Array(15), `dtn://${'x'.repeat(200)}/`, toBase32(new Uint8Array(16))])(
  'refuses %j',
  (value) => {
    expect(() => decodeName(value)).toThrow(DecodeError);
  },
);
