/** Certificates, profiles, contacts: what is believed of them, and of one altered byte. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, toHex } from '../../src/base/index.js';
import { encodeCbor } from '../../src/cbor/index.js';
import { verify } from '../../src/crypto/index.js';
import {
  CertificateCache,
  type ContactTrust,
  Directory,
  decodeContact,
  decodeKnownDevice,
  decodeProfile,
  deviceNameOf,
  encodeContact,
  encodeKnownDevice,
  encodeProfile,
  isNickname,
  issueDeviceCertificate,
  MAX_DEVICES,
  nicknameFrom,
  nodeIdOf,
  type Profile,
  personIdOf,
  Roster,
  readDeviceCertificate,
} from '../../src/people/index.js';
import { testKey } from '../support/bundles.js';

const ANA = testKey(1);
const DEVICE = testKey(9);
const certificate = issueDeviceCertificate(ANA, 'laptop', DEVICE.publicKey);
const profileOf = (nickname: string, byte = 7): Profile => ({
  nickname,
  boxKey: new Uint8Array(32).fill(byte),
  node: nodeIdOf(testKey(3).publicKey),
});

describe('a device certificate', () => {
  it('says whose device it is', () => {
    const read = readDeviceCertificate(certificate);
    expect(read).toMatchObject({ person: personIdOf(ANA.publicKey), device: 'laptop' });
    expect(toHex(read.deviceKey)).toBe(toHex(DEVICE.publicKey));
  });

  it('is refused when any bit of it was altered', () => {
    for (let at = 0; at < certificate.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const altered = certificate.slice();
        altered[at] = (altered[at] ?? 0) ^ (1 << bit);
        expect(() => readDeviceCertificate(altered), `byte ${at} bit ${bit}`).toThrow(DecodeError);
      }
    }
  });

  it('is refused when it is cut short or goes on', () => {
    for (let length = 0; length < certificate.length; length++) {
      expect(() => readDeviceCertificate(certificate.slice(0, length))).toThrow(DecodeError);
    }
    expect(() => readDeviceCertificate(Uint8Array.of(...certificate, 0))).toThrow(DecodeError);
    expect(() => readDeviceCertificate(new Uint8Array(600))).toThrow(DecodeError);
  });

  it.each(['', 'Laptop', '-x', 'a'.repeat(25), 'a b', '~chat'])('names no device "%s"', (device) => {
    expect(() => readDeviceCertificate(issueDeviceCertificate(ANA, device, DEVICE.publicKey))).toThrow(DecodeError);
  });

  it('is forgotten by a full cache, which costs a check and never a verdict', () => {
    const cache = new CertificateCache(verify, 2);
    const certificates = [1, 2, 3, 1].map((byte) => issueDeviceCertificate(ANA, 'laptop', testKey(byte).publicKey));
    for (const one of certificates) expect(cache.read(one).device).toBe('laptop');
    expect(() => cache.read(Uint8Array.of(0x80))).toThrow(DecodeError);
  });

  it('names devices by their keys', () => {
    expect(deviceNameOf(DEVICE.publicKey)).toMatch(/^[a-z2-7]{8}$/);
  });
});

const nickname = fc.string({ unit: 'grapheme', maxLength: 12 }).filter(isNickname);

describe('a profile', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(nickname, fc.nat(255), fc.maxSafeNat(), (name, byte, version) => {
        const profile = profileOf(name, byte);
        expect(decodeProfile(encodeProfile(profile))).toEqual(profile);
        expect(decodeKnownDevice(encodeKnownDevice(version, profile))).toEqual({ version, profile });
      }),
    );
  });

  it('of random bytes is refused with a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        for (const decode of [decodeProfile, decodeKnownDevice, decodeContact, readDeviceCertificate]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        }
      }),
    );
  });

  it('of a later version with more in it is read for what it has', () => {
    const { boxKey, node } = profileOf('x');
    expect(decodeProfile(encodeCbor([1, 'x', boxKey, node, 'more'])).nickname).toBe('x');
    expect(() => decodeProfile(encodeCbor([2, 'x', boxKey, node]))).toThrow(DecodeError);
  });

  it.each(['a\u0000', 'a\nb', '\u202eevil', 'a\u2066', 'x'.repeat(65)])('has no nickname %j', (name) => {
    expect(() => decodeProfile(encodeProfile(profileOf(name)))).toThrow(DecodeError);
  });

  it('has a nickname that everybody accepts, whatever was wished for', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (wish) => isNickname(nicknameFrom(wish))));
    expect(nicknameFrom(` ${'é'.repeat(40)} `)).toBe('é'.repeat(32));
  });
});

describe('a directory', () => {
  const [ana, ben] = [personIdOf(testKey(1).publicKey), personIdOf(testKey(2).publicKey)];

  it('resolves a short address to the only one who fits, by name where two do, and to nobody while that is unclear', () => {
    const directory = new Directory('d');
    const address = { kind: 'short', nickname: 'ben', prefix: ben.slice(0, 6) } as const;
    expect(directory.resolve(address)).toBeUndefined();
    directory.put(ben, 'a', { version: 1, profile: profileOf('Benny') });
    expect(directory.resolve(address)).toBe(ben);
    // Another key with the same six digits: cheap to make, so the name decides, and never against one known.
    const twin = `${ben.slice(0, 6)}${ana.slice(6)}` as typeof ben;
    directory.put(twin, 'a', { version: 1, profile: profileOf('Someone') });
    expect(directory.resolve(address)).toBeUndefined();
    directory.put(ben, 'a', { version: 2, profile: profileOf('Ben') });
    expect(directory.resolve(address)).toBe(ben);
    directory.put(twin, 'a', { version: 2, profile: profileOf('BEN') });
    expect(directory.resolve(address)).toBeUndefined();
    directory.put(twin, 'a', undefined);
    expect(directory.resolve(address)).toBe(ben);
  });

  it('goes by the newest profile, and seals to the newest devices only', () => {
    const directory = new Directory('d');
    for (let i = 0; i < 40; i++) directory.put(ana, `d${i}`, { version: i, profile: profileOf(`n${i}`, i) });
    expect(directory.nicknameOf(ana)).toBe('n39');
    expect(directory.jidOf(ana)).toBe(`n39.${ana.slice(0, 6)}@d`);
    expect(directory.jidOf(ben)).toBe(`${ben}@d`);
    expect(directory.devicesOf(ana)).toHaveLength(MAX_DEVICES);
    expect(directory.devicesOf(ana)[0]?.boxKey[0]).toBe(39);
    expect(directory.deviceNamesOf(ana)[0]).toBe('d0');
    expect([...directory.servedBy(profileOf('').node)]).toEqual([ana]);
  });
});

describe('a roster', () => {
  const contact = fc.record({
    jid: fc.string(),
    person: fc.option(fc.constantFrom(personIdOf(testKey(1).publicKey), personIdOf(testKey(2).publicKey)), {
      nil: undefined,
    }),
    petname: fc.string(),
    groups: fc.array(fc.string(), { maxLength: 3 }),
    trust: fc.constantFrom<ContactTrust>('introduced', 'met', 'provisioned'),
  });

  it('record comes out as it went in', () => {
    fc.assert(
      fc.property(contact, (one) => {
        expect(decodeContact(encodeContact(one))).toEqual(one);
      }),
    );
  });

  it('of before anybody was more than introduced is read as that', () => {
    expect(decodeContact(encodeCbor(['ben.abc234@mesh', null, 'Ben', []]))).toMatchObject({
      petname: 'Ben',
      trust: 'introduced',
    });
  });

  it('is what was put and not removed', () => {
    const step = fc.tuple(
      contact.map((one) => ({ ...one, jid: `j${one.jid.length % 4}` })),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const [roster, model] = [new Roster(), new Map<string, unknown>()];
        for (const [one, keep] of steps) {
          if (keep) roster.put(one);
          else roster.remove(one.jid);
          if (keep) model.set(one.jid, one);
          else model.delete(one.jid);
        }
        expect(new Set(roster.all())).toEqual(new Set(model.values()));
        for (const { person } of roster.all()) {
          const found = person === undefined ? undefined : roster.byPerson(person);
          if (found !== undefined) expect(found.person).toBe(person);
        }
      }),
    );
  });
});
