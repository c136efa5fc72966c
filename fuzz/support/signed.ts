/** Bundles that the first of the people signed; nothing else may ever verify as hers. */
import { toHex } from '../../src/base/index.js';
import { BlockType, type Bundle, createBundle, dtnEid, signBundle } from '../../src/bundle/index.js';
import { primaryBytes } from '../../src/bundle/primary.js';
import { PAYLOAD, PEOPLE } from './people.js';

const [ana, ben] = PEOPLE;
const SPEC = {
  source: dtnEid(ana.person, ana.device),
  destination: dtnEid(ben.person, '~chat'),
  creation: { time: 848_750_400_000, sequence: 7 },
  lifetimeMs: 1_209_600_000,
  payload: PAYLOAD,
  hopLimit: 32,
  ageMs: 1_500,
};

export const SIGNED: readonly Bundle[] = [
  signBundle(createBundle(SPEC), ana.deviceSigner),
  signBundle(createBundle({ ...SPEC, topic: { name: 'presence', version: 3 }, copies: 8 }), ana.deviceSigner),
];

const CONTENTS: readonly string[] = SIGNED.map(contentOf);

export function isSignedContent(bundle: Bundle): boolean {
  return CONTENTS.includes(contentOf(bundle));
}

/** All that the signature stands for. */
function contentOf({ primary, blocks }: Bundle): string {
  const trusted = blocks.filter(({ type }) => type === BlockType.Payload || type === BlockType.Topic);
  return [primaryBytes(primary), ...trusted.map(({ data }) => data)].map(toHex).join(' ');
}
