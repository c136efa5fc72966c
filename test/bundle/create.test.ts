import { describe, expect, it } from 'vitest';
import { InvariantError, toHex, utf8 } from '../../src/base/index.js';
import { payloadBlockOf } from '../../src/bundle/blocks.js';
import {
  ageOf,
  BlockType,
  BundleFlag,
  bundleKey,
  bundleKeyOf,
  CrcType,
  copiesOf,
  createBundle,
  decodeBundle,
  encodeBundle,
  hopCountOf,
  NULL_EID,
  type PrimaryBlock,
  parseEid,
  payloadOf,
  previousNodeOf,
  topicOf,
  withTransit,
} from '../../src/bundle/index.js';
import { ANA_EID, BEN_CHAT, chatSpec, NODE_EID, signedChat } from '../support/bundles.js';

describe('a new bundle', () => {
  it('says what it was made of, after the wire too', () => {
    const bundle = decodeBundle(encodeBundle(createBundle(chatSpec())));
    expect(bundle.primary.source).toEqual(ANA_EID);
    expect(bundle.primary.destination).toEqual(BEN_CHAT);
    expect(bundle.primary.reportTo).toEqual(NULL_EID);
    expect(payloadOf(bundle)).toEqual(utf8('the bridge is open again'));
    expect(previousNodeOf(bundle)).toEqual(NODE_EID);
    expect(ageOf(bundle)).toBe(1_500);
    expect(hopCountOf(bundle)).toEqual({ limit: 32, count: 0 });
    expect(topicOf(bundle)).toEqual({ name: 'presence', version: 3 });
    expect(copiesOf(bundle)).toBe(8);
  });

  it('has a checksum on every block, and its payload last as number 1', () => {
    const { primary, blocks } = createBundle(chatSpec());
    expect(primary.crcType).toBe(CrcType.Crc32c);
    expect(blocks.every(({ crcType }) => crcType === CrcType.Crc32c)).toBe(true);
    expect(blocks.map(({ number }) => number)).toEqual([2, 3, 4, 5, 6, 1]);
  });

  it('has only the blocks that it needs', () => {
    const { source, destination, creation, lifetimeMs, payload } = chatSpec();
    const bundle = createBundle({ source, destination, creation, lifetimeMs, payload });
    expect(bundle.blocks.map(({ type }) => type)).toEqual([BlockType.Payload]);
    expect([ageOf(bundle), hopCountOf(bundle), previousNodeOf(bundle), topicOf(bundle), copiesOf(bundle)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each([
    ['a creation time of zero without age', { creation: { time: 0, sequence: 1 }, ageMs: undefined }],
    ['a hop limit of zero', { hopLimit: 0 }],
    ['a hop limit of 256', { hopLimit: 256 }],
    ['a topic without a name', { topic: { name: '', version: 1 } }],
    ['a topic of 65 bytes', { topic: { name: 'ü'.repeat(33), version: 1 } }],
    ['a group as source', { source: BEN_CHAT }],
    ['no source, yet fragmentable', { source: NULL_EID }],
    ['no source, yet asking for reports', { source: NULL_EID, flags: 4 | BundleFlag.ReportDelivery }],
    ['an administrative record asking for reports', { flags: BundleFlag.IsAdminRecord | BundleFlag.ReportDeletion }],
    ['being a fragment', { flags: BundleFlag.IsFragment }],
  ])('cannot be made with %s', (_, change) => {
    expect(() => createBundle(chatSpec(change as never))).toThrow(InvariantError);
  });
});

describe('a bundle in transit', () => {
  it('gets the new values, and keeps everything else byte for byte', () => {
    const before = decodeBundle(encodeBundle(signedChat()));
    const foreign = { type: 193, number: 50, flags: 0, crcType: CrcType.Crc16, data: utf8('theirs') };
    const carried = { ...before, blocks: [foreign, ...before.blocks] };
    const after = decodeBundle(
      encodeBundle(
        withTransit(carried, { previousNode: ANA_EID, ageMs: 77_000, hopCount: { limit: 32, count: 1 }, copies: 4 }),
      ),
    );
    expect(previousNodeOf(after)).toEqual(ANA_EID);
    expect(ageOf(after)).toBe(77_000);
    expect(hopCountOf(after)).toEqual({ limit: 32, count: 1 });
    expect(copiesOf(after)).toBe(4);
    expect({ ...after.primary }).toEqual({ ...before.primary });
    const untouched = (type: number): boolean => ![6, 7, 10, 233].includes(type);
    const kept = after.blocks
      .filter(({ type }) => untouched(type))
      .map((block) => ({ ...block, data: toHex(block.data) }));
    const were = carried.blocks
      .filter(({ type }) => untouched(type))
      .map((block) => ({ ...block, data: toHex(block.data) }));
    expect(kept).toEqual(were);
  });

  it('gets blocks that it did not have, with numbers that are free', () => {
    const { source, destination, creation, lifetimeMs, payload } = chatSpec();
    const bare = createBundle({ source, destination, creation, lifetimeMs, payload });
    const after = withTransit(bare, { previousNode: NODE_EID, ageMs: 1, copies: 2 });
    const decoded = decodeBundle(encodeBundle(after));
    expect(new Set(decoded.blocks.map(({ number }) => number)).size).toBe(4);
    expect(previousNodeOf(decoded)).toEqual(NODE_EID);
  });

  it('stays as it is when nothing changes', () => {
    const bytes = encodeBundle(signedChat());
    expect(encodeBundle(withTransit(decodeBundle(bytes), {}))).toEqual(bytes);
  });
});

describe('the key of a bundle', () => {
  it('depends on source, creation time, sequence and fragment, and on nothing else', () => {
    const bundle = createBundle(chatSpec());
    const { primary, blocks } = bundle;
    const stretch = (offset: number, length: number, totalLength: number): string =>
      bundleKeyOf({
        primary: { ...primary, fragment: { offset, totalLength } },
        blocks: [...blocks.slice(0, -1), { ...payloadBlockOf(bundle), data: new Uint8Array(length) }],
      });
    const key = bundleKey(primary);
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    expect(
      bundleKeyOf({
        blocks,
        primary: { ...primary, lifetimeMs: 1, destination: NODE_EID, reportTo: NODE_EID, flags: 4 },
      }),
    ).toBe(key);
    const others = [
      bundleKey({ ...primary, source: NODE_EID }),
      bundleKey({ ...primary, creation: { ...primary.creation, sequence: 8 } }),
      bundleKey({ ...primary, creation: { ...primary.creation, time: 1 } }),
      stretch(0, 4, 9),
      stretch(1, 4, 9),
      stretch(0, 5, 9),
      stretch(0, 4, 8),
    ];
    expect(new Set([key, ...others]).size).toBe(8);
    expect(bundleKeyOf(bundle)).toBe(key);
    const fragment: PrimaryBlock = { ...primary, fragment: { offset: 1, totalLength: 9 } };
    expect(bundleKey(fragment)).toBe(key);
  });

  it('of one without a source depends on all that it says', () => {
    const spec = { ...chatSpec(), source: NULL_EID, flags: BundleFlag.MustNotFragment };
    const key = bundleKeyOf(createBundle(spec));
    expect(bundleKeyOf(createBundle(spec))).toBe(key);
    const others = [
      bundleKeyOf(createBundle({ ...spec, payload: Uint8Array.of(1) })),
      bundleKeyOf(createBundle({ ...spec, destination: NODE_EID })),
    ];
    expect(new Set([key, ...others]).size).toBe(3);
  });

  it('is one for both encodings of an ipn source', () => {
    const { primary } = createBundle(chatSpec());
    const two = parseEid('ipn:977000.1.1');
    expect(bundleKey({ ...primary, source: two })).toBe(
      bundleKey({ ...primary, source: { ...two, elements: 3 } as never }),
    );
  });
});
