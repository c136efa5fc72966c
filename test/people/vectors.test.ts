/** docs/protocol/vectors/addresses.json is what the code does. */
import { expect, it } from 'vitest';
import { toHex } from '../../src/base/index.js';
import { formatEid } from '../../src/bundle/index.js';
import { boxKeyPairFromSeed } from '../../src/crypto/index.js';
import {
  boxKeyIdOf,
  chatEndpoint,
  deviceEid,
  deviceNameOf,
  encodeProfile,
  fullJid,
  issueDeviceCertificate,
  jidOfAddress,
  nodeEid,
  nodeIdOf,
  PRESENCE_ENDPOINT,
  PROFILE_ENDPOINT,
  parseAddress,
  personIdOf,
  receiptEndpoint,
  shortJid,
  slug,
} from '../../src/people/index.js';
import { testKey } from '../support/bundles.js';
import { storedVectors } from '../support/vectors.js';

const DOMAIN = 'mesh.localhost';
const [personKey, deviceKey, nodeKey] = [testKey(1), testKey(2), testKey(3)];
const box = boxKeyPairFromSeed(new Uint8Array(32).fill(4));
const person = personIdOf(personKey.publicKey);
const device = deviceNameOf(deviceKey.publicKey);
const node = nodeIdOf(nodeKey.publicKey);

function meaning(text: string): unknown {
  try {
    const address = parseAddress(text, DOMAIN);
    return { text, ...address, jid: jidOfAddress(address, DOMAIN) };
  } catch {
    return { text, refused: true };
  }
}

it('the vectors of addresses hold', () => {
  const made = {
    about: 'Ed25519 and X25519 secret seeds are 32 times one byte. Byte strings are in hex.',
    keys: {
      personSeedByte: 1,
      personKey: toHex(personKey.publicKey),
      personId: person,
      deviceSeedByte: 2,
      deviceKey: toHex(deviceKey.publicKey),
      device,
      nodeSeedByte: 3,
      nodeKey: toHex(nodeKey.publicKey),
      nodeId: node,
      boxSeedByte: 4,
      boxKey: toHex(box.publicKey),
      boxKeyId: toHex(boxKeyIdOf(box.publicKey)),
    },
    endpoints: {
      source: formatEid(deviceEid(person, device)),
      chat: formatEid(chatEndpoint(person)),
      receipt: formatEid(receiptEndpoint(person)),
      presence: formatEid(PRESENCE_ENDPOINT),
      profile: formatEid(PROFILE_ENDPOINT),
      node: formatEid(nodeEid(node)),
    },
    certificate: toHex(issueDeviceCertificate(personKey, device, deviceKey.publicKey)),
    profile: {
      nickname: 'Ana',
      payload: toHex(encodeProfile({ nickname: 'Ana', boxKey: box.publicKey, node })),
      shortJid: shortJid('Ana', person, DOMAIN),
      fullJid: fullJid(person, DOMAIN),
    },
    slugs: ['Ana', 'Ben  Smith!', 'José María', 'हिन्दी', 'ΣΊΣΥΦΟΣ', '𝒜da', '---', 'a'.repeat(40)].map((nickname) => ({
      nickname,
      slug: slug(nickname),
    })),
    addresses: [
      person,
      `dtn://${person}/~chat`,
      `${person}@${DOMAIN}`,
      `dtn\\3a\\2f\\2f${person}\\2f@${DOMAIN}`,
      `Ana.${person.slice(0, 6)}@${DOMAIN}/phone`,
      `ana smith.${person.slice(0, 6)}@MESH.localhost`,
      `ana@${DOMAIN}`,
      `${person}@example.org`,
      `dtn://${person.toUpperCase()}/`,
      'ipn:1.2',
    ].map(meaning),
  };
  expect(storedVectors('addresses', made)).toEqual(made);
});
