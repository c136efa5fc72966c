/** Messages, receipts and their records; the time of writing; and docs/protocol/vectors/chat.json. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DAY_MS,
  DecodeError,
  DTN_EPOCH_MS,
  HOUR_MS,
  seededRandom,
  steadyMs,
  toHex,
  wallTimeMs,
} from '../../src/base/index.js';
import { type BundleKey, bundleKey, createBundle, encodeBundle, signBundle } from '../../src/bundle/index.js';
import { type CborValue, decodeCbor, encodeCbor } from '../../src/cbor/index.js';
import {
  decodeInbox,
  decodeMessage,
  decodeOutbox,
  decodeReceipt,
  encodeInbox,
  encodeMessage,
  encodeOutbox,
  encodeReceipt,
  MAX_BODY_BYTES,
  MAX_HELD_MS,
  MAX_RECEIPT_KEYS,
  type OutboxRecord,
  originTime,
} from '../../src/chat/index.js';
import { boxKeyPairFromSeed, openSealed, seal, sha256 } from '../../src/crypto/index.js';
import {
  boxKeyIdOf,
  chatEndpoint,
  deviceEid,
  deviceNameOf,
  issueDeviceCertificate,
  personIdOf,
  receiptEndpoint,
} from '../../src/people/index.js';
import { testKey } from '../support/bundles.js';
import { storedVectors } from '../support/vectors.js';

const ANA = personIdOf(testKey(1).publicKey);
const BEN = personIdOf(testKey(5).publicKey);
const key = fc.stringMatching(/^[0-9a-f]{32}$/).map((text) => text as BundleKey);
const text = fc.string({ unit: 'grapheme', maxLength: 40 });

describe('the content of a message', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(text, text, fc.nat(MAX_HELD_MS), (id, body, heldMs) => {
        const message = { author: ANA, id, body, heldMs };
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
      }),
    );
  });

  it('of 8 MiB passes, and of a byte more does not', () => {
    const message = { author: ANA, id: 'x', heldMs: 0, body: 'é'.repeat(MAX_BODY_BYTES / 2) };
    expect(decodeMessage(encodeMessage(message)).body).toHaveLength(MAX_BODY_BYTES / 2);
    expect(() => decodeMessage(encodeMessage({ ...message, body: `${message.body}x` }))).toThrow(DecodeError);
  });

  it.each([
    ['no array', encodeCbor(1)],
    ['another version', encodeCbor([2, ANA, 'id', 'body', 0])],
    ['no author', encodeCbor([1, 'ana', 'id', 'body', 0])],
    ['an id too long', encodeCbor([1, ANA, 'x'.repeat(257), 'body', 0])],
    ['bytes for text', encodeCbor([1, ANA, 'id', Uint8Array.of(1), 0])],
    ['a wait of more than a year', encodeCbor([1, ANA, 'id', 'body', MAX_HELD_MS + 1])],
    ['a negative wait', encodeCbor([1, ANA, 'id', 'body', -1])],
  ])('is refused with %s', (_, bytes) => {
    expect(() => decodeMessage(bytes)).toThrow(DecodeError);
  });
});

describe('a receipt', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: MAX_RECEIPT_KEYS }), (keys) => {
        expect(decodeReceipt(encodeReceipt(keys))).toEqual(keys);
      }),
    );
  });

  it.each([
    ['of nothing', encodeCbor([1, new Uint8Array(0)])],
    ['of a key cut short', encodeCbor([1, new Uint8Array(17)])],
    ['of too many', encodeCbor([1, new Uint8Array(16 * (MAX_RECEIPT_KEYS + 1))])],
    ['of another version', encodeCbor([0, new Uint8Array(16)])],
  ])('%s is refused', (_, bytes) => {
    expect(() => decodeReceipt(bytes)).toThrow(DecodeError);
  });
});

describe('records', () => {
  const time = fc.integer({ min: -1e15, max: 1e15 });
  const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined });

  it('come out as they went in', () => {
    const outbox = fc.record({
      localId: text,
      to: text,
      toJid: text,
      person: maybe(fc.constant(ANA)),
      clientId: maybe(text),
      writtenAt: time.map(wallTimeMs),
      keptSince: time.map(steadyMs),
      expiresAt: time.map(steadyMs),
      body: maybe(text),
      bundle: maybe(key),
      carriers: fc.array(text, { maxLength: 3 }),
      outcome: maybe(
        fc.record({ state: fc.constantFrom('delivered' as const, 'expired' as const), at: time.map(wallTimeMs) }),
      ),
      wantsReceipt: fc.boolean(),
      outcomeShown: fc.boolean(),
      promises: fc.array(fc.record({ carrier: text, until: time.map(steadyMs) }), { maxLength: 3 }),
    });
    const inbox = fc.record({
      inboxId: text,
      from: fc.constant(ANA),
      messageId: text,
      body: text,
      writtenAt: time.map(wallTimeMs),
      receivedAt: time.map(wallTimeMs),
    });
    fc.assert(
      fc.property(outbox, inbox, (sent, received) => {
        expect(decodeOutbox(encodeOutbox(sent))).toEqual(sent);
        expect(decodeInbox(encodeInbox(received))).toEqual(received);
      }),
    );
  });

  it('of a message that was sent before anybody promised anything is read on', () => {
    const sent: OutboxRecord = {
      localId: '1',
      to: 'ben',
      toJid: 'ben',
      person: undefined,
      clientId: undefined,
      writtenAt: wallTimeMs(1),
      keptSince: steadyMs(1),
      expiresAt: steadyMs(2),
      body: 'hello',
      bundle: undefined,
      carriers: ['a'],
      promises: [],
      outcome: undefined,
      wantsReceipt: true,
      outcomeShown: false,
    };
    const record = (decodeCbor(encodeOutbox(sent)) as readonly CborValue[]).slice(0, 14);
    expect(decodeOutbox(encodeCbor(record))).toEqual(sent);
  });

  it('of random bytes are refused with a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        for (const decode of [decodeMessage, decodeReceipt, decodeOutbox, decodeInbox]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        }
      }),
    );
  });
});

describe('the time of writing', () => {
  const wall = Date.UTC(2027, 5, 1);
  const now = { steady: steadyMs(0), wall: wallTimeMs(wall), wallTrusted: true };
  const dtn = (time: number): number => time - DTN_EPOCH_MS;

  it.each([
    ['the author’s own, where both witnesses agree', dtn(wall - HOUR_MS + 1234), HOUR_MS, wall - HOUR_MS + 1234],
    ['by age, where the author had no clock', 0, HOUR_MS, wall - HOUR_MS],
    ['by age, where the author’s clock is two years slow', dtn(wall - 730 * DAY_MS), HOUR_MS, wall - HOUR_MS],
    ['by age, where the author’s clock is fast', dtn(wall + HOUR_MS), 0, wall],
    ['the author’s own within five minutes', dtn(wall - 299_000), 0, wall - 299_000],
    ['by age beyond five minutes', dtn(wall - 301_000), 0, wall],
    [
      'the author’s own within a hundredth of the age',
      dtn(wall - 10 * DAY_MS - 2 * HOUR_MS),
      10 * DAY_MS,
      wall - 10 * DAY_MS - 2 * HOUR_MS,
    ],
  ])('is %s', (_, creation, ageMs, expected) => {
    expect(originTime(creation, ageMs, now)).toBe(expected);
  });

  it('is a plain number whatever the bundle claims', () => {
    const creation = fc.oneof(fc.maxSafeNat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }));
    fc.assert(
      fc.property(creation, fc.nat(60 * DAY_MS), (claimed, ageMs) => {
        const time = originTime(claimed, ageMs, now);
        expect(Number.isSafeInteger(time) && time <= wall + 300_000 + ageMs).toBe(true);
      }),
    );
  });
});

it('the vectors of chat hold', () => {
  const [anaDevice, benDevice] = [testKey(2), testKey(6)];
  const benBox = boxKeyPairFromSeed(new Uint8Array(32).fill(7));
  const content = encodeMessage({ author: ANA, id: 'm1', body: 'the bridge is open again', heldMs: 1500 });
  const sealed = seal(content, [{ keyId: boxKeyIdOf(benBox.publicKey), publicKey: benBox.publicKey }], seededRandom(1));
  const device = deviceNameOf(anaDevice.publicKey);
  const message = signBundle(
    createBundle({
      source: deviceEid(ANA, device),
      destination: chatEndpoint(BEN),
      creation: { time: 852_076_800_000, sequence: 65_537 },
      lifetimeMs: 14 * DAY_MS,
      payload: sealed,
      ageMs: 0,
      hopLimit: 64,
    }),
    {
      privateKey: anaDevice,
      keyId: sha256(anaDevice.publicKey).slice(0, 8),
      certificate: issueDeviceCertificate(testKey(1), device, anaDevice.publicKey),
      securitySource: deviceEid(ANA, device),
    },
  );
  const receipt = signBundle(
    createBundle({
      source: deviceEid(BEN, deviceNameOf(benDevice.publicKey)),
      destination: receiptEndpoint(ANA),
      creation: { time: 852_080_400_000, sequence: 65_538 },
      lifetimeMs: 15 * DAY_MS,
      payload: encodeReceipt([bundleKey(message.primary)]),
      ageMs: 0,
      hopLimit: 64,
    }),
    {
      privateKey: benDevice,
      keyId: sha256(benDevice.publicKey).slice(0, 8),
      certificate: issueDeviceCertificate(testKey(5), deviceNameOf(benDevice.publicKey), benDevice.publicKey),
      securitySource: deviceEid(BEN, deviceNameOf(benDevice.publicKey)),
    },
  );
  const made = {
    about:
      'Ana: person seed 32 × 01, device seed 32 × 02. Ben: person seed 32 × 05, device seed 32 × 06, box seed 32 × 07. Hex.',
    content: { author: ANA, id: 'm1', body: 'the bridge is open again', heldMs: 1500, cbor: toHex(content) },
    sealed: toHex(sealed),
    messageBundle: toHex(encodeBundle(message)),
    messageKey: bundleKey(message.primary),
    receiptPayload: toHex(encodeReceipt([bundleKey(message.primary)])),
    receiptBundle: toHex(encodeBundle(receipt)),
  };
  expect(storedVectors('chat', made)).toEqual(made);
  const opened = openSealed(sealed, () => benBox.secretKey);
  expect(opened.ok && decodeMessage(opened.plaintext).body).toBe('the bridge is open again');
});
