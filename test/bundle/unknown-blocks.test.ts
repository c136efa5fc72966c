/** Blocks of types that nobody here knows, and what their flags ask for (RFC 9171 §5.6). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/index.js';
import {
  BlockFlag,
  type Bundle,
  type CanonicalBlock,
  CrcType,
  createBundle,
  decodeBundle,
  encodeBundle,
  processUnknownBlocks,
  withTransit,
} from '../../src/bundle/index.js';
import { ANA_EID, anyBundle, chatSpec, NODE_EID, signedChat } from '../support/bundles.js';

function withUnknown(...flags: readonly number[]): Bundle {
  const { primary, blocks } = createBundle(chatSpec({ reportTo: ANA_EID }));
  const strange = flags.map(
    (flag, index): CanonicalBlock => ({
      type: 200 + index,
      number: 40 + index,
      flags: flag,
      crcType: CrcType.Crc16,
      data: Uint8Array.of(1, 2, 3),
    }),
  );
  return decodeBundle(encodeBundle({ primary, blocks: [...strange, ...blocks] }));
}

describe('a block of unknown type', () => {
  it('travels on byte for byte when it asks for nothing', () => {
    const bundle = withUnknown(0, BlockFlag.ReplicateInFragments);
    expect(processUnknownBlocks(bundle)).toEqual({ action: 'keep', bundle, reports: [] });
    const forwarded = encodeBundle(withTransit(bundle, { previousNode: NODE_EID, ageMs: 5_000 }));
    for (const type of [200, 201]) {
      const sent = encodeBundle({ primary: bundle.primary, blocks: bundle.blocks.filter((b) => b.type === type) });
      const block = toHex(sent).slice(toHex(encodeBundle({ primary: bundle.primary, blocks: [] })).length - 2, -2);
      expect(block).not.toBe('');
      expect(toHex(forwarded)).toContain(block);
    }
  });

  it('is left out when it asks for that; all else stays to the byte', () => {
    const bundle = withUnknown(BlockFlag.DiscardIfUnprocessable, 0, BlockFlag.DiscardIfUnprocessable);
    const verdict = processUnknownBlocks(bundle);
    if (verdict.action !== 'discard-blocks') throw new Error(verdict.action);
    expect(verdict.discarded.map(({ type }) => type)).toEqual([200, 202]);
    const rest = bundle.blocks.filter(({ type }) => type !== 200 && type !== 202);
    expect(verdict.bundle.blocks).toEqual(rest);
    expect(() => decodeBundle(encodeBundle(verdict.bundle))).not.toThrow();
  });

  it('takes the bundle with it when it asks for that, and the reports say why', () => {
    const flags = BlockFlag.DeleteBundleIfUnprocessable + BlockFlag.ReportIfUnprocessable;
    expect(processUnknownBlocks(withUnknown(BlockFlag.DiscardIfUnprocessable, flags))).toMatchObject({
      action: 'delete-bundle',
      because: { type: 201 },
      reports: [
        { event: 'received', reason: 11, blockAsks: true },
        { event: 'deleted', reason: 11 },
      ],
    });
  });

  it('is reported once, however many ask', () => {
    const { reports } = processUnknownBlocks(
      withUnknown(...new Array<number>(8).fill(BlockFlag.ReportIfUnprocessable)),
    );
    expect(reports).toEqual([{ event: 'received', reason: 11, blockAsks: true }]);
  });

  it('depends on what is known', () => {
    const bundle = withUnknown(BlockFlag.DeleteBundleIfUnprocessable);
    expect(processUnknownBlocks(bundle, new Set([6, 7, 10, 200, 232, 233])).action).toBe('keep');
    expect(processUnknownBlocks(signedChat()).action).toBe('keep');
    // The copies block asks to be discarded by those who know nothing of copies; the payload is known to everybody.
    expect(processUnknownBlocks(signedChat(), new Set())).toMatchObject({
      action: 'discard-blocks',
      discarded: [{ type: 233 }],
    });
  });

  it('never costs a block that is known, or one that asks for nothing', () => {
    fc.assert(
      fc.property(anyBundle, (bundle) => {
        const verdict = processUnknownBlocks(bundle);
        if (verdict.action === 'delete-bundle') return;
        const kept = bundle.blocks.filter((block) => block.type === 1 || (block.flags & 16) === 0);
        expect(verdict.bundle.blocks).toEqual(kept);
      }),
    );
  });
});
