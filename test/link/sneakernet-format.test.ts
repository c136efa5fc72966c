/** The format on the stick: names, manifests, filters, and a real folder's files. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DAY_MS,
  DecodeError,
  fromHex,
  type Now,
  seededRandom,
  steadyMs,
  toHex,
  wallTimeMs,
} from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import { diskFiles, stickError } from '../../src/link/sneakernet/files.js';
import { addTo, emptyFilter, type HoldingsFilter, mayHold } from '../../src/link/sneakernet/filter.js';
import { decodeLabel, decodeManifest, encodeLabel, encodeManifest } from '../../src/link/sneakernet/manifest.js';
import { formatBundleName, parseBundleName } from '../../src/link/sneakernet/names.js';
import { mayClearByTime, timeOnStick } from '../../src/link/sneakernet/transit.js';
import { temporaryFolder } from '../support/folder.js';

const random = seededRandom(4);
const someKey = (): BundleKey => toHex(random.bytes(16)) as BundleKey;
const someKeys = (count: number): readonly BundleKey[] => Array.from({ length: count }, someKey);
function makeFilter(keys: readonly BundleKey[], salt: Uint8Array): HoldingsFilter {
  const filter = emptyFilter(keys.length, salt);
  for (const key of keys) addTo(filter, key);
  return filter;
}

const CARRIER = 'abcdefghijklmnopqrstuvwxyz';

describe('a filter of what a laptop holds', () => {
  const keys = someKeys(10_000);
  const others = someKeys(40_000);
  const filter = makeFilter(keys, random.bytes(16));

  it('knows every key that went in, in 2 bytes each', () => {
    expect(filter.bits).toHaveLength(20_000);
    expect(keys.every((key) => mayHold(filter, key))).toBe(true);
  });

  it('is wrong about fewer than one key in a thousand', () => {
    const wrong = others.filter((key) => mayHold(filter, key)).length;
    expect(wrong).toBeGreaterThan(0);
    expect(wrong / others.length).toBeLessThan(0.001);
  });

  it.each([1, 4, 5, 60, 65, 100])('is not wrong more often where it holds only %i', (count) => {
    const small = makeFilter(someKeys(count), random.bytes(16));
    const asked = others.slice(0, 10_000);
    expect(asked.filter((key) => mayHold(small, key)).length / asked.length).toBeLessThan(0.002);
  });

  it('is wrong about other keys with another salt', () => {
    const next = makeFilter(keys, random.bytes(16));
    const wrong = others.filter((key) => mayHold(filter, key));
    expect(wrong.filter((key) => mayHold(next, key))).toEqual([]);
  });

  it('of nothing holds nothing', () => {
    expect(mayHold(makeFilter([], random.bytes(16)), someKey())).toBe(false);
  });
});

describe('a manifest', () => {
  const holdings = makeFilter(someKeys(3), fromHex('000102030405060708090a0b0c0d0e0f'));
  const manifest = { carrier: CARRIER, visitedAt: Date.UTC(2027, 0, 1), holdings };

  it('reads as it was written', () => {
    expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
    const clockless = { ...manifest, visitedAt: undefined };
    expect(decodeManifest(encodeManifest(clockless))).toEqual(clockless);
  });

  it('is refused wherever it ends too early, and whichever bit was turned', () => {
    const bytes = encodeManifest(manifest);
    for (let end = 0; end < bytes.length; end++)
      expect(() => decodeManifest(bytes.subarray(0, end))).toThrow(DecodeError);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const turned = bytes.slice();
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => decodeManifest(turned), `bit ${bit}`).toThrow(DecodeError);
    }
  });

  it('throws nothing but a DecodeError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const decode of [decodeManifest, decodeLabel]) expect(() => decode(bytes)).toThrow(DecodeError);
      }),
    );
  });

  it('names no file outside its folder', () => {
    const bad = { ...manifest, carrier: '../../../../home/ana/.xyz' };
    expect(() => decodeManifest(encodeManifest(bad))).toThrow(/names no laptop/);
  });

  it('has the bytes that the documentation shows', () => {
    const page = readFileSync(new URL('../../docs/protocol/sneakernet.md', import.meta.url), 'utf8');
    const small = makeFilter(['00112233445566778899aabbccddeeff' as BundleKey], holdings.salt);
    expect(page).toContain(toHex(encodeManifest({ ...manifest, holdings: small })));
    expect(page).toContain(toHex(encodeLabel(holdings.salt)));
  });
});

describe('the name of a bundle’s file', () => {
  const name = {
    key: '00112233445566778899aabbccddeeff' as BundleKey,
    class: 2,
    exportedAt: Date.UTC(2027, 0, 1),
    leftMs: 14 * DAY_MS,
  };

  it('says what it is, in characters that FAT takes in any case', () => {
    const text = formatBundleName(name);
    expect(text).toBe('00112233445566778899aabbccddeeff-232c9a90000127500.bundle');
    expect(parseBundleName(text)).toEqual(name);
  });

  it('stays within its digits, whatever the clock says', () => {
    const far = { ...name, exportedAt: Date.UTC(9999, 0, 1), leftMs: 1e18 };
    expect(formatBundleName(far)).toHaveLength(57);
    expect(parseBundleName(formatBundleName({ ...name, exportedAt: undefined }))?.exportedAt).toBeUndefined();
  });

  it.each([
    ['of another file', 'holiday.jpg'],
    ['with a path in it', '../00112233445566778899aabbccddeeff-232c9a90000127500.bundle'],
    ['in upper case', '00112233445566778899AABBCCDDEEFF-232C9A90000127500.BUNDLE'],
    ['of a class that is none', '00112233445566778899aabbccddeeff-532c85a8000127500.bundle'],
    ['of an unfinished file', '00112233445566778899aabbccddeeff-232c9a90000127500.bundle.abcdefgh.part'],
  ])('is none of ours: one %s', (_, text) => {
    expect(parseBundleName(text)).toBeUndefined();
  });
});

describe('time on the stick', () => {
  const at = (wall: number, wallTrusted = true): Now => ({ steady: steadyMs(0), wall: wallTimeMs(wall), wallTrusted });

  it('counts where both clocks are good, and never backwards', () => {
    expect(timeOnStick(1_000, at(5_000))).toBe(4_000);
    expect(timeOnStick(5_000, at(1_000))).toBe(0);
    expect(timeOnStick(undefined, at(5_000))).toBe(0);
    expect(timeOnStick(1_000, at(5_000, false))).toBe(0);
  });

  it('clears nothing by a clock that is not trusted, or far from all that anybody wrote', () => {
    expect(mayClearByTime(0, at(59 * DAY_MS))).toBe(true);
    expect(mayClearByTime(0, at(61 * DAY_MS))).toBe(false);
    expect(mayClearByTime(0, at(59 * DAY_MS, false))).toBe(false);
  });
});

describe('the files of a real folder', () => {
  function stick() {
    const above = temporaryFolder();
    mkdirSync(join(above, 'hearsay', 'bundles'), { recursive: true });
    return { above, files: diskFiles(above) };
  }

  it('are written whole, read back, renamed and removed', async () => {
    const { above, files } = stick();
    await files.makeFolder('bundles/4f');
    await files.makeFolder('bundles/4f');
    await files.write('bundles/4f/a.part', Uint8Array.of(1, 2, 3));
    await files.rename('bundles/4f/a.part', 'bundles/4f/a');
    await files.syncFolder('bundles/4f');
    expect(await files.list('bundles/4f', 10)).toEqual(['a']);
    expect(await files.facts('bundles/4f/a')).toMatchObject({ sizeBytes: 3 });
    expect(await files.read('bundles/4f/a', 3)).toEqual(Uint8Array.of(1, 2, 3));
    await files.remove('bundles/4f/a');
    await files.remove('bundles/4f/a');
    expect(existsSync(join(above, 'hearsay/bundles/4f/a'))).toBe(false);
  });

  it('are not read beyond the size that was asked for, nor through links, nor where they are folders', async () => {
    const { above, files } = stick();
    const outside = mkdtempSync(join(above, 'outside-'));
    writeFileSync(join(outside, 'secret'), 'secret');
    writeFileSync(join(above, 'hearsay', 'large'), 'x'.repeat(100));
    symlinkSync(join(outside, 'secret'), join(above, 'hearsay', 'link'));
    symlinkSync(outside, join(above, 'hearsay', 'bundles', '00'));
    expect(await files.read('large', 99)).toBeUndefined();
    expect(await files.read('link', 99)).toBeUndefined();
    expect(await files.facts('link')).toBeUndefined();
    expect(await files.read('bundles', 99)).toBeUndefined();
    expect(await files.list('bundles/00', 10)).toEqual([]);
    await expect(files.makeFolder('bundles/00')).rejects.toThrow();
    await files.write('link', Uint8Array.of(1));
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('are listed no further than was asked for', async () => {
    const { above, files } = stick();
    for (let i = 0; i < 20; i++) writeFileSync(join(above, 'hearsay', 'bundles', `${i}`), '');
    expect(await files.list('bundles', 5)).toHaveLength(5);
    expect(await files.list('nowhere', 5)).toEqual([]);
  });
});

describe('what the file system says', () => {
  it.each([
    ['EROFS', 'ERR_STICK_READ_ONLY', /read-only/],
    ['EACCES', 'ERR_STICK_READ_ONLY', /somebody else/],
    ['ENOSPC', 'ERR_STICK_FULL', /no room left on \/media\/stick/],
    ['ENODEV', 'ERR_STICK_GONE', /taken away/],
    ['EIO', 'ERR_STICK_GONE', /failing/],
    ['EMFILE', 'ERR_STICK', /cannot use \/media\/stick: EMFILE/],
  ])('is put into words: %s', (code, ours, message) => {
    const error = stickError(Object.assign(new Error(code), { code }), '/media/stick');
    expect(error).toMatchObject({ code: ours, message: expect.stringMatching(message) });
  });
});
