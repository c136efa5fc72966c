/** What people may write to name somebody, and what it means. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HearsayError } from '../../src/base/index.js';
import {
  fullJid,
  isPersonId,
  jidOfAddress,
  type PersonId,
  parseAddress,
  personIdOf,
  shortJid,
  slug,
} from '../../src/people/index.js';
import { testKey } from '../support/bundles.js';

const DOMAIN = 'mesh.localhost';
const BEN = personIdOf(testKey(2).publicKey);
const person = { kind: 'person', person: BEN };
const short = { kind: 'short', nickname: 'ben', prefix: BEN.slice(0, 6) };

describe('an address', () => {
  it.each([
    ['the bare id', BEN, person],
    ['the id with spaces around it', `  ${BEN}\n`, person],
    ['a JID of the id', `${BEN}@${DOMAIN}`, person],
    ['a JID in capitals', `${BEN}@${DOMAIN}`.toUpperCase(), person],
    ['a JID with a resource', `${BEN}@${DOMAIN}/phone/2`, person],
    ['a dtn: address', `dtn://${BEN}/`, person],
    ['a dtn: address of a device', `dtn://${BEN}/x/y@z`, person],
    ['a dtn: address without a slash', `dtn://${BEN}`, person],
    ['an escaped dtn: address', `dtn\\3a\\2f\\2f${BEN}\\2f~chat@${DOMAIN}`, person],
    ['a short JID', `ben.${BEN.slice(0, 6)}@${DOMAIN}`, short],
    ['a short JID in capitals', `BEN.${BEN.slice(0, 6).toUpperCase()}@${DOMAIN}`, short],
    ['a short JID with a dotted name', `b.e.n.${BEN.slice(0, 6)}@${DOMAIN}`, { ...short, nickname: 'b-e-n' }],
    ['a short JID in another script', `Ана.${BEN.slice(0, 6)}@${DOMAIN}`, { ...short, nickname: 'ана' }],
    ['a short JID with nothing but signs', `!!.${BEN.slice(0, 6)}@${DOMAIN}`, { ...short, nickname: 'someone' }],
  ])('may be %s', (_, text, expected) => {
    expect(parseAddress(text, DOMAIN)).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['a name', 'ben'],
    ['a JID of another domain', `${BEN}@example.org`],
    ['a JID of a domain below ours', `${BEN}@x.${DOMAIN}`],
    ['a JID without a localpart', `@${DOMAIN}`],
    ['a name without its six digits', `ben@${DOMAIN}`],
    ['six digits without a name', `${BEN.slice(0, 6)}@${DOMAIN}`],
    ['digits that base32 has not', `ben.abc189@${DOMAIN}`],
    ['an id with a digit too few', `dtn://${BEN.slice(1)}/`],
    ['an id with a digit too many', `dtn://${BEN}a/`],
    ['an id whose last digit carries stray bits', `dtn://${BEN.slice(0, 25)}b/`],
    ['a dtn: address in capitals', `dtn://${BEN.toUpperCase()}/`],
    ['nobody', 'dtn:none'],
    ['an ipn: address', 'ipn:1.2'],
    ['a line end inside', `be\nn.${BEN.slice(0, 6)}@${DOMAIN}`],
    ['a thousand and more characters', `${'b'.repeat(1100)}.${BEN.slice(0, 6)}@${DOMAIN}`],
  ])('is not %s', (_, text) => {
    expect(() => parseAddress(text, DOMAIN)).toThrow(expect.objectContaining({ code: 'ERR_ADDRESS' }));
  });

  it('becomes a JID that means the same', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }).map((nickname) => `${nickname}.abc234@${DOMAIN}`),
      fc.constantFrom(BEN, `dtn://${BEN}/x`),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (written) => {
        try {
          const address = parseAddress(written, DOMAIN);
          const jid = jidOfAddress(address, DOMAIN);
          expect(parseAddress(jid, DOMAIN)).toEqual(address);
          expect(jid).not.toMatch(/[\s"&'/:<>\p{Cc}]/u);
        } catch (error) {
          if (!(error instanceof HearsayError)) throw error;
          expect(error.code).toBe('ERR_ADDRESS');
        }
      }),
    );
  });
});

describe('a JID', () => {
  it('of a nickname is its slug and the first six digits', () => {
    expect(shortJid('Ben  Smith!', BEN, DOMAIN)).toBe(`ben-smith.${BEN.slice(0, 6)}@${DOMAIN}`);
    expect(fullJid(BEN, DOMAIN)).toBe(`${BEN}@${DOMAIN}`);
  });

  it('of a slug is itself, whatever the nickname', () => {
    const nickname = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary-ascii' }),
    );
    fc.assert(
      fc.property(nickname, (name) => {
        const once = slug(name);
        expect(slug(once)).toBe(once);
        expect(once).toMatch(/^[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?$/u);
        expect([...once].length).toBeLessThanOrEqual(32);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['José María', 'josé-maría'],
    ['हिन्दी', 'हिन्दी'],
    ['İpek', 'i̇pek'],
    [`${'a'.repeat(31)} b`, 'a'.repeat(31)],
    ['𝒜da', 'ada'],
    ['', 'someone'],
  ])('of %s has the name %s', (nickname, expected) => {
    expect(slug(nickname)).toBe(expected);
  });
});

describe('an id', () => {
  it('is 26 digits of base32 for 128 bits', () => {
    expect(isPersonId(BEN)).toBe(true);
    for (const spoilt of [BEN.slice(1), `${BEN}a`, BEN.toUpperCase(), `${BEN.slice(0, 25)}z`, `${BEN.slice(0, 25)}1`]) {
      expect(isPersonId(spoilt)).toBe(false);
    }
    expect((BEN as PersonId).length).toBe(26);
  });
});
