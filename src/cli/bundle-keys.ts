/** Ed25519 keys from files or from the command line itself: raw, hexadecimal, PEM or JWK. */
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DecodeError, fromHex, HearsayError, messageOf, printable, utf8Decode } from '../base/index.js';
import { type Bundle, formatEid, type SignatureClaim, verifyBundle } from '../bundle/index.js';
import { type SigningKey, signingKeyFromSeed } from '../crypto/index.js';
import { readDeviceCertificate } from '../people/index.js';

/** The raw public key for what a signature claims of its signer. */
export type KeyResolver = (claim: SignatureClaim) => Uint8Array | undefined;

const KEY_BYTES = 32;

/** @throws HearsayError `ERR_KEY` */
export async function readSigningKey(fileOrHex: string): Promise<SigningKey> {
  const { raw, text } = await contentOf(fileOrHex);
  if (raw !== undefined) return signingKeyFromSeed(raw);
  const jwk = text.startsWith('{') ? parseJson(text) : exported(() => createPrivateKey(text), fileOrHex);
  const seed = isEd25519(jwk) && jwk.d !== undefined ? bytesOf(jwk.d) : undefined;
  if (seed?.length !== KEY_BYTES) throw noKey(fileOrHex, 'no private Ed25519 key');
  return signingKeyFromSeed(seed);
}

/** The public keys in a file; a private key counts as its public one. @throws HearsayError `ERR_KEY` */
export async function readPublicKeys(fileOrHex: string): Promise<readonly Uint8Array[]> {
  const { raw, text } = await contentOf(fileOrHex);
  if (raw !== undefined) return [raw];
  if (!/^[{[]/.test(text)) {
    const { x } = exported(() => createPublicKey(text), fileOrHex);
    return x === undefined ? [] : [bytesOf(x)];
  }
  const found = jwksOf(parseJson(text)).flatMap((jwk) =>
    isEd25519(jwk) && jwk.x !== undefined ? [bytesOf(jwk.x)] : [],
  );
  if (found.length === 0) throw noKey(fileOrHex, 'no Ed25519 key');
  return found;
}

/** The given key that verifies the bundle; with none given, the one that the bundle's own certificate names. */
export function resolverFor(bundle: Bundle, keys: readonly Uint8Array[]): KeyResolver {
  if (keys.length === 0) return keyInCertificate;
  const fitting = keys.find((key) => verifyBundle(bundle, () => key).ok);
  // A single key that does not fit makes a bad signature; of several, none is known to be the signer's.
  const key = fitting ?? (keys.length === 1 ? keys[0] : undefined);
  return () => key;
}

/** The certificate is checked against the person's key that it names, and has to be for the bundle's signer. */
export const keyInCertificate: KeyResolver = ({ certificate, securitySource }) => {
  if (certificate === undefined) return undefined;
  try {
    const { person, device, deviceKey } = readDeviceCertificate(certificate);
    return formatEid(securitySource) === `dtn://${person}/${device}` ? deviceKey : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
};

async function contentOf(fileOrHex: string): Promise<{ readonly raw?: Uint8Array; readonly text: string }> {
  if (isHexKey(fileOrHex)) return { raw: fromHex(fileOrHex), text: '' };
  let content: Uint8Array;
  try {
    content = await readFile(fileOrHex);
  } catch (error) {
    throw noKey(fileOrHex, messageOf(error));
  }
  if (content.length === KEY_BYTES) return { raw: new Uint8Array(content), text: '' };
  const text = (utf8Decode(content) ?? '').trim();
  return isHexKey(text) ? { raw: fromHex(text), text } : { text };
}

function isHexKey(text: string): boolean {
  return /^[0-9a-fA-F]{64}$/.test(text);
}

function exported(make: () => KeyObject, name: string): JsonWebKey {
  try {
    return make().export({ format: 'jwk' });
  } catch (error) {
    throw new HearsayError('ERR_KEY', `${printable(name)} holds no key: 32 bytes, 64 hexadecimal digits, PEM or JWK`, {
      cause: error,
    });
  }
}

function parseJson(text: string): JsonWebKey {
  try {
    return JSON.parse(text) as JsonWebKey;
  } catch (error) {
    throw new HearsayError('ERR_KEY', `a key file is not valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

function jwksOf(json: unknown): readonly JsonWebKey[] {
  if (Array.isArray(json)) return json;
  if (typeof json !== 'object' || json === null) return [];
  const { keys } = json as { readonly keys?: unknown };
  return Array.isArray(keys) ? keys : [json as JsonWebKey];
}

function isEd25519(jwk: unknown): jwk is JsonWebKey {
  if (typeof jwk !== 'object' || jwk === null) return false;
  const { kty, crv } = jwk as JsonWebKey;
  return kty === 'OKP' && crv === 'Ed25519';
}

function bytesOf(base64url: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(String(base64url), 'base64url'));
}

function noKey(name: string, why: string): HearsayError {
  return new HearsayError('ERR_KEY', `no key in ${printable(name)}: ${why}`);
}
