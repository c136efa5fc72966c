/** The published schema describes what `bundle inspect --json` really prints. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from '../../src/base/index.js';
import {
  type Bundle,
  BundleFlag,
  createBundle,
  createStatusReport,
  encodeBundle,
  fragmentBundle,
  parseEid,
} from '../../src/bundle/index.js';
import { bundleInspect } from '../../src/cli/bundle-inspect.js';
import { ANA, ANA_EID, chatSpec, NODE_EID, signedChat } from '../support/bundles.js';
import { type Schema, schemaErrors } from '../support/json-schema.js';
import { describeWithShared } from '../support/optional.js';

const SCHEMA = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../docs/schema/bundle.schema.json'), 'utf8'),
) as Schema;

async function viewsOf(input: Uint8Array, hex = false): Promise<readonly { valid: boolean }[]> {
  let out = '';
  const io = {
    out: (content: string | Uint8Array) => {
      out += String(content);
    },
    err: () => {},
    stdin: (async function* () {
      yield input;
    })(),
  };
  await bundleInspect({ hex, json: true, key: [toHex(ANA.publicKey)] }, io);
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { valid: boolean });
}

const huge = chatSpec({ creation: { time: 2n ** 64n - 1n, sequence: 2n ** 60n }, lifetimeMs: 2n ** 55n });
const asking = createBundle(
  chatSpec({ flags: BundleFlag.ReportDeletion + BundleFlag.StatusTimeRequested, reportTo: ANA_EID }),
);
const reporter = { node: NODE_EID, creation: { time: 1, sequence: 2 }, lifetimeMs: 1_000 };
const report = createStatusReport(asking, { event: 'deleted', reason: 9, time: 848_750_400_000 }, reporter) as Bundle;
const cut = fragmentBundle(signedChat(), { cuts: [9] });
const record = createBundle(
  chatSpec({ flags: BundleFlag.IsAdminRecord, payload: fromHex('820780'), destination: parseEid('ipn:2.0') }),
);
const noRecord = createBundle(chatSpec({ flags: BundleFlag.IsAdminRecord, payload: utf8('not a record') }));

const DESCRIBED: readonly (readonly [string, Bundle])[] = [
  ['a signed bundle', signedChat()],
  ['numbers beyond 2^53', createBundle(huge)],
  ['a status report', report],
  ['another administrative record', record],
  ['a record that is none', noRecord],
  ...(cut.ok ? cut.fragments.map((fragment, index) => [`fragment ${index}`, fragment] as const) : []),
];

it.each(DESCRIBED)('describes %s', async (_, bundle) => {
  const [view] = await viewsOf(encodeBundle(bundle));
  expect(view?.valid).toBe(true);
  expect(schemaErrors(SCHEMA, view)).toEqual([]);
});

it('describes what is said of invalid input', async () => {
  expect(schemaErrors(SCHEMA, (await viewsOf(Uint8Array.of(1, 2, 3)))[0])).toEqual([]);
  expect(schemaErrors(SCHEMA, (await viewsOf(utf8('9x'), true))[0])).toEqual([]);
});

it('would notice a field that is missing, unknown, or of another type', async () => {
  const [view] = await viewsOf(encodeBundle(signedChat()));
  expect(schemaErrors(SCHEMA, { ...view, sizeBytes: '7' })).not.toEqual([]);
  expect(schemaErrors(SCHEMA, { ...view, extra: 1 })).not.toEqual([]);
  const { valid: _, ...rest } = view as { valid: boolean };
  expect(schemaErrors(SCHEMA, rest)).not.toEqual([]);
});

for (const file of ['bundles_generated.json', 'bundles_upstream.json']) {
  describeWithShared(`the schema and ${file}`, `vectors/${file}`, (path) => {
    it('fit together, bundle by bundle', async () => {
      const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: readonly { hex: string }[] };
      for (const { hex } of vectors) {
        const views = await viewsOf(utf8(hex), true);
        expect(views.flatMap((view) => schemaErrors(SCHEMA, view))).toEqual([]);
        expect(views.length).toBe(1);
      }
    });
  });
}

it('has a line for each of several bundles, however they are put together', async () => {
  const bundles = [signedChat(), createBundle(huge), report].map(encodeBundle);
  const lines = bundles.map(toHex);
  const wrapped = toHex(bundles[0] as Uint8Array).replace(/.{60}/g, '$&\n');
  expect((await viewsOf(concatBytes(...bundles))).map(({ valid }) => valid)).toEqual([true, true, true]);
  expect((await viewsOf(utf8(lines.join('\n\n')), true)).map(({ valid }) => valid)).toEqual([true, true, true]);
  expect((await viewsOf(utf8(wrapped), true)).map(({ valid }) => valid)).toEqual([true]);
  const spoilt = [lines[0], lines[1]?.slice(0, -4), 'zz', lines[2], '8'].join('\r\n');
  expect((await viewsOf(utf8(spoilt), true)).map(({ valid }) => valid)).toEqual([true, false, false, true, false]);
  const cutShort = concatBytes(...bundles.slice(0, 2), (bundles[2] as Uint8Array).subarray(0, 50));
  expect((await viewsOf(cutShort)).map(({ valid }) => valid)).toEqual([true, true, false]);
  const trailing = concatBytes(bundles[0] as Uint8Array, Uint8Array.of(0));
  expect((await viewsOf(trailing)).map(({ valid }) => valid)).toEqual([false]);
});
