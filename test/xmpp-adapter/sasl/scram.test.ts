import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/index.js';
import { type ScramHash, scramCredentials } from '../../../src/xmpp-adapter/sasl/credentials.js';
import type { Claimed } from '../../../src/xmpp-adapter/sasl/mechanism.js';
import { Scram } from '../../../src/xmpp-adapter/sasl/scram.js';

interface Vector {
  readonly source: string;
  readonly hash: ScramHash;
  readonly salt: string;
  readonly clientFirst: string;
  readonly serverNonce: string;
  readonly serverFirst: string;
  readonly clientFinal: string;
  readonly serverFinal: string;
}

/** User "user", password "pencil", 4096 iterations in both. */
const VECTORS: readonly Vector[] = [
  {
    source: 'RFC 5802 §5',
    hash: 'sha1',
    salt: 'QSXCR+Q6sek8bf92',
    clientFirst: 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
    serverNonce: '3rfcNHYJY1ZVvWVs7j',
    serverFirst: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    clientFinal: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    serverFinal: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    source: 'RFC 7677 §3',
    hash: 'sha256',
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
    serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    clientFinal:
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
];

function exchange({ hash, salt, serverNonce }: Vector, claim: Partial<Claimed> = {}, asked: string[] = []): Scram {
  const credentials = scramCredentials('pencil', new Uint8Array(Buffer.from(salt, 'base64')), 4096);
  return new Scram(
    hash,
    serverNonce,
    (localpart) => {
      asked.push(localpart);
      return { known: true, credentials, ...claim };
    },
    (localpart, authzid) => authzid === `${localpart}@mesh`,
  );
}

const [SHA1] = VECTORS as [Vector];
const NONCE = 'r=fyko+d2lbbFgONRv9qkxdawL';
const BOTH = `${NONCE}3rfcNHYJY1ZVvWVs7j`;

describe.each(VECTORS)('the example of $source', (vector) => {
  it('comes out to the byte', () => {
    const scram = exchange(vector);
    expect(scram.step(vector.clientFirst)).toEqual({ kind: 'challenge', data: vector.serverFirst });
    expect(scram.step(vector.clientFinal)).toEqual({ kind: 'success', localpart: 'user', data: vector.serverFinal });
  });

  it('fails when one bit of the proof is wrong', () => {
    const scram = exchange(vector);
    scram.step(vector.clientFirst);
    const wrong = vector.clientFinal.replace(/p=(.)/, (_, first: string) => `p=${first === 'A' ? 'B' : 'A'}`);
    expect(scram.step(wrong)).toEqual({ kind: 'failure', condition: 'not-authorized' });
  });

  it('fails for somebody unknown, whatever the proof', () => {
    const scram = exchange(vector, { known: false });
    expect(scram.step(vector.clientFirst).kind).toBe('challenge');
    expect(scram.step(vector.clientFinal)).toEqual({ kind: 'failure', condition: 'not-authorized' });
  });
});

describe('the first message', () => {
  it.each([
    ['no gs2 header', `n=user,${NONCE}`],
    ['channel binding without a -PLUS name', `p=tls-exporter,,n=user,${NONCE}`],
    ['an unknown channel binding flag', `x,,n=user,${NONCE}`],
    ['a mandatory extension', `n,,m=ext,n=user,${NONCE}`],
    ['no nonce', 'n,,n=user'],
    ['an empty nonce', 'n,,n=user,r='],
    ['no user', `n,,n=,${NONCE}`],
    ['a bare = in the name', `n,,n=us=er,${NONCE}`],
    ['nothing', ''],
  ])('is malformed with %s', (_, message) => {
    expect(exchange(SHA1).step(message)).toEqual({ kind: 'failure', condition: 'malformed-request' });
  });

  it('may say that the client could bind channels, which we do not offer', () => {
    expect(exchange(SHA1).step(`y,,n=user,${NONCE}`).kind).toBe('challenge');
  });

  it('has a name with escapes, in any case', () => {
    const asked: string[] = [];
    exchange(SHA1, {}, asked).step(`n,,n=A=2Cb=3DC,${NONCE}`);
    expect(asked).toEqual(['a,b=c']);
  });
});

describe('the second message', () => {
  it.each([
    ['another nonce', `c=biws,${NONCE}xxxxx,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=`, 'not-authorized'],
    ['another gs2 header', `c=eSws,${BOTH},p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=`, 'not-authorized'],
    ['a short proof', `c=biws,${BOTH},p=v0X8`, 'not-authorized'],
    ['no proof', `c=biws,${BOTH}`, 'malformed-request'],
    ['a proof that is not base64', `c=biws,${BOTH},p=v0X8v`, 'malformed-request'],
    ['nothing', '', 'malformed-request'],
  ])('fails with %s', (_, message, condition) => {
    const scram = exchange(SHA1);
    scram.step(SHA1.clientFirst);
    expect(scram.step(message)).toEqual({ kind: 'failure', condition });
  });
});

describe('scramCredentials', () => {
  it('gives the same keys for the same password and salt, and others for others', () => {
    const one = scramCredentials('pencil', utf8('salt'));
    expect(scramCredentials('pencil', utf8('salt'))).toEqual(one);
    expect(scramCredentials('pencil', utf8('Salt')).sha256).not.toEqual(one.sha256);
    expect(scramCredentials('Pencil', utf8('salt')).sha1).not.toEqual(one.sha1);
  });

  it('refuses fewer iterations than the RFC asks for', () => {
    expect(() => scramCredentials('pencil', utf8('salt'), 1000)).toThrow(/iterations/);
  });
});
