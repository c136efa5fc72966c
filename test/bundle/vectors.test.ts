/** Bundles of others, and the systematic corpus: what is valid is read and written back to the byte, the rest refused. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DecodeError, fromHex, toHex } from '../../src/base/index.js';
import { type Bundle, decodeBundle, encodeBundle, formatEid, parseEid } from '../../src/bundle/index.js';
import { describeWithShared } from '../support/optional.js';

interface Vector {
  readonly id?: string;
  readonly meaning?: string;
  readonly how?: string;
  readonly expect: 'valid' | 'invalid' | 'noncanonical' | 'debated';
  readonly hex: string;
  readonly ref_errors: readonly string[];
  readonly info?: {
    readonly flags: number;
    readonly destination: string;
    readonly source: string;
    readonly report_to: string;
    readonly creation_time_ms: number;
    readonly sequence: number;
    readonly lifetime_ms: number;
    readonly blocks: readonly { readonly type: number; readonly number: number; readonly length: number }[];
  };
}

/** What the RFC leaves open, and what we do. */
const DECIDED = new Map<string, 'accept' | 'refuse'>([
  // §4.1: a bundle is the array itself. A tag before it would be a second encoding of the same bundle.
  ['n-tagged-outer', 'refuse'],
  // §9.1 reserves type 0 but §4.3.2 makes no rule of it: it is an unknown block, forwarded as it is.
  ['i-blocktype-0', 'accept'],
  ['i-blocktype-0-ipn', 'accept'],
]);

function verdict(hex: string): Bundle | DecodeError {
  try {
    return decodeBundle(fromHex(hex));
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

function expectAccepted(hex: string): Bundle {
  const bundle = verdict(hex);
  if (bundle instanceof DecodeError) throw bundle;
  expect(toHex(encodeBundle(bundle))).toBe(hex);
  // Fields alone, without the bytes that a received primary block keeps.
  expect(toHex(encodeBundle({ primary: { ...bundle.primary }, blocks: bundle.blocks }))).toBe(hex);
  return bundle;
}

function expectRefused(hex: string): void {
  const error = verdict(hex);
  expect(error).toBeInstanceOf(DecodeError);
  if (!(error instanceof DecodeError)) return;
  expect(error.code).toMatch(/^ERR_(BUNDLE|CBOR)_[A-Z0-9_]+$/);
  expect(error.offset).toBeGreaterThanOrEqual(0);
  expect(error.offset).toBeLessThanOrEqual(hex.length / 2);
}

function expectFields(bundle: Bundle, info: NonNullable<Vector['info']>): void {
  const { primary, blocks } = bundle;
  expect({
    flags: primary.flags,
    destination: formatEid(primary.destination),
    source: formatEid(primary.source),
    report_to: formatEid(primary.reportTo),
    creation_time_ms: Number(primary.creation.time),
    sequence: Number(primary.creation.sequence),
    lifetime_ms: Number(primary.lifetimeMs),
    blocks: blocks.map(({ type, number, data }) => ({ type, number, length: data.length })),
  }).toEqual({
    flags: info.flags,
    destination: formatEid(parseEid(info.destination)),
    source: formatEid(parseEid(info.source)),
    report_to: formatEid(parseEid(info.report_to)),
    creation_time_ms: info.creation_time_ms,
    sequence: info.sequence,
    lifetime_ms: info.lifetime_ms,
    blocks: info.blocks.map(({ type, number, length }) => ({ type, number, length })),
  });
}

describeWithShared('the systematic corpus', 'vectors/bundles_generated.json', (path) => {
  const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: readonly Vector[] };

  it.each(vectors.filter((vector) => vector.expect === 'valid'))('accepts $id: $meaning', ({ hex, info }) => {
    const bundle = expectAccepted(hex);
    if (info !== undefined) expectFields(bundle, info);
  });

  it.each(vectors.filter((vector) => vector.expect === 'invalid' || vector.expect === 'noncanonical'))(
    'refuses $id: $meaning',
    ({ hex }) => expectRefused(hex),
  );

  it.each(vectors.filter((vector) => vector.expect === 'debated'))('has decided on $id: $meaning', ({ id, hex }) => {
    const decision = DECIDED.get(id ?? '');
    if (decision === 'accept') expectAccepted(hex);
    else expectRefused(hex);
    expect(decision).toBeDefined();
  });
});

describeWithShared("other projects' test bundles", 'vectors/bundles_upstream.json', (path) => {
  const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: readonly Vector[] };

  it.each(vectors)('judges as RFC 9171 does: $meaning', ({ hex, ref_errors }) => {
    if (ref_errors.length === 0) expectAccepted(hex);
    else expectRefused(hex);
  });
});

describeWithShared('bundles of running peers', 'vectors/live_peers.json', (path) => {
  const { emitted } = JSON.parse(readFileSync(path, 'utf8')) as { emitted: readonly Vector[] };

  it.each(emitted)('judges as RFC 9171 does: $emitted_by $how', ({ hex, ref_errors }) => {
    if (ref_errors.length === 0) expectAccepted(hex);
    else expectRefused(hex);
  });
});

describeWithShared("RFC 9173's examples", 'vectors/rfc9173.json', (path) => {
  const { examples } = JSON.parse(readFileSync(path, 'utf8')) as {
    examples: readonly { readonly id: string; readonly final_bundle: string; readonly [key: string]: unknown }[];
  };

  it('are refused for what they lack, except A.3, whose primary block is signed', () => {
    const accepted = examples.filter(({ final_bundle }) => !(verdict(final_bundle) instanceof DecodeError));
    expect(accepted.map(({ id }) => id)).toEqual(['A.3']);
    for (const { final_bundle } of accepted) expectAccepted(final_bundle);
  });
});

describeWithShared('the COSE context draft', 'vectors/bpsec_cose_draft17.json', (path) => {
  const { examples } = JSON.parse(readFileSync(path, 'utf8')) as {
    examples: readonly { readonly id: string; readonly final_bundle: string }[];
  };

  it.each(examples)('has valid bundles: $id', ({ final_bundle }) => {
    expectAccepted(final_bundle);
  });
});
