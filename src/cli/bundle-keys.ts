/**
 * Keys as people have them: files or the text itself, raw, in hexadecimal or base64, PEM, JWK, COSE_Key.
 *
 * A key for signatures is public and a key for HMAC and AES is secret. Whoever knows somebody's public key must not be able
 * to pass with an HMAC under it, so 32 bytes alone are a public key with `--key` and a secret with `--secret`, and no bytes
 * are ever tried as both.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { asBuffer, DecodeError, HearsayError, messageOf, printable, utf8, utf8Decode } from '../base/index.js';
import { createKeyring, importCoseKey, type Keyring, loadKeySet, type SecurityKey } from '../bundle/index.js';
import { type CborValue, decodeCbor } from '../cbor/index.js';
import { type SigningKey, signingKeyFromSeed } from '../crypto/index.js';

const KEY_BYTES = 32;
const ED448_BYTES = 57;
/** Of AES and HMAC keys that no public key has. */
const SECRET_BYTES: ReadonlySet<number> = new Set([16, 24, 48, 64]);
const PEM_BLOCK = /-----BEGIN [^-]+-----[\s\S]*?-----END [^-]+-----/g;
const NO_ID = new Uint8Array(0);

/** What the options say. */
export interface KeyArgs {
  readonly key?: readonly string[];
  readonly secret?: readonly string[];
}

/** @throws HearsayError `ERR_KEY` */
export async function readKeys({ key = [], secret = [] }: KeyArgs): Promise<readonly SecurityKey[]> {
  const given = await Promise.all([
    ...key.map((text) => read(text, publicKeys)),
    ...secret.map((text) => read(text, (bytes) => [secretKey(bytes)])),
  ]);
  return given.flat();
}

/** @throws HearsayError `ERR_KEY` */
export async function readSecret(text: string): Promise<SecurityKey> {
  const [only, ...others] = await readKeys({ secret: [text] });
  if (only === undefined || others.length > 0) throw noKey(text, 'one key is wanted here');
  if (only.material.kind !== 'symmetric') throw noKey(text, 'not a secret for HMAC or AES');
  return only;
}

/** @throws HearsayError `ERR_KEY` */
export async function readSigningKey(text: string): Promise<SigningKey> {
  const [only, ...others] = await read(text, seedKey);
  if (only === undefined || others.length > 0) throw noKey(text, 'one key is wanted here');
  const { material } = only;
  const jwk = material.kind === 'curve' && material.curve === 'Ed25519' ? material.privateKey : undefined;
  const seed = Buffer.from(String(jwk?.export({ format: 'jwk' }).d ?? ''), 'base64url');
  if (seed.length !== KEY_BYTES) throw noKey(text, 'no private Ed25519 key');
  return signingKeyFromSeed(new Uint8Array(seed));
}

/** A key without an id fits whatever id a bundle names: somebody who gives a bare key means that one. */
export function keyringOf(keys: readonly SecurityKey[]): Keyring {
  const named = createKeyring(keys.filter(({ id }) => id.length > 0));
  const nameless = createKeyring(keys.filter(({ id }) => id.length === 0));
  return {
    candidates: (query) => [...named.candidates(query), ...nameless.candidates({ ...query, keyId: undefined })],
  };
}

/** A raw public key; its holder is the only one who signs so. */
export function ed25519Key(raw: Uint8Array, rest: Partial<SecurityKey> = {}): SecurityKey {
  return { ...oneOf({ kty: 'OKP', crv: 'Ed25519', x: base64url(raw) }), ...rest };
}

/** What bytes alone mean, by the option that they came with. */
type BareKeys = (bytes: Uint8Array) => readonly SecurityKey[];

async function read(text: string, bare: BareKeys): Promise<readonly SecurityKey[]> {
  try {
    const content = await contentOf(text);
    if (content !== undefined) return keysIn(content, bare);
    const inline = inlineKeys(text.trim(), bare);
    if (inline !== undefined) return inline;
    const named = /^([^=]{1,128})=(.*[^=].*)$/s.exec(text.trim());
    if (named !== null) return withId(await read(named[2] as string, bare), named[1] as string);
  } catch (error) {
    // What says so itself already, and a list inside a list.
    if (error instanceof HearsayError && error.message.startsWith('no key in ')) throw error;
    if (error instanceof HearsayError) throw noKey(text, error.message, error);
    throw error;
  }
  throw noKey(text, 'neither a file, nor hexadecimal digits, base64, PEM, JWK or COSE_Key');
}

async function contentOf(file: string): Promise<Uint8Array | undefined> {
  // Keys are given as they are, too, and no file has such a name.
  if (file.length > 4_096 || file.includes('\n') || file.startsWith('{')) return undefined;
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENAMETOOLONG' || code === 'ENOTDIR') return undefined;
    throw noKey(file, messageOf(error), error);
  }
}

/** A file has a key in any form, or one a line with comments after `#`. */
function keysIn(content: Uint8Array, bare: BareKeys): readonly SecurityKey[] {
  const text = utf8Decode(content)?.trim();
  if (text === undefined || content.length === KEY_BYTES) return keysOfBytes(content, bare);
  const inline = inlineKeys(text, bare);
  if (inline !== undefined) return inline;
  const lines = text.split('\n').map((line) => line.replace(/#.*$/, '').trim());
  return lines.filter((line) => line !== '').flatMap((line) => keysInLine(line, bare) ?? keysOfBytes(content, bare));
}

function keysInLine(line: string, bare: BareKeys): readonly SecurityKey[] | undefined {
  const inline = inlineKeys(line, bare);
  if (inline !== undefined) return inline;
  const at = line.indexOf('=');
  const named = at < 1 ? undefined : inlineKeys(line.slice(at + 1).trim(), bare);
  return named === undefined ? undefined : withId(named, line.slice(0, at).trim());
}

/** @returns undefined when the text is none of the forms. */
function inlineKeys(text: string, bare: BareKeys): readonly SecurityKey[] | undefined {
  if (/^[{[]/.test(text)) return loadKeySet(parseJson(text));
  if (text.startsWith('-----BEGIN')) return (text.match(PEM_BLOCK) ?? []).map(pemKey);
  if (text.startsWith('text:')) return bare(utf8(text.slice(5)));
  const digits = text.replace(/^0x/i, '').replace(/[\s:]/g, '');
  if (/^([0-9a-f]{2})+$/i.test(digits)) return keysOfBytes(new Uint8Array(Buffer.from(digits, 'hex')), bare);
  const encoded = text.replace(/^base64:/, '');
  if (!/^[A-Za-z0-9+/_-]{22,}={0,2}$/.test(encoded)) return undefined;
  return keysOfBytes(new Uint8Array(Buffer.from(encoded, 'base64')), bare);
}

/** COSE_Key and DER say themselves what they are; everything else is as the option says. */
function keysOfBytes(bytes: Uint8Array, bare: BareKeys): readonly SecurityKey[] {
  if (bytes[0] === 0x30) {
    const found = derKey(bytes);
    if (found !== undefined) return [found];
  }
  return coseKeys(bytes) ?? bare(bytes);
}

/** A COSE_Key or a COSE_KeySet; undefined when the bytes are nothing of the kind. */
function coseKeys(bytes: Uint8Array): readonly SecurityKey[] | undefined {
  let value: CborValue;
  try {
    value = decodeCbor(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
  if (value instanceof Map) return [importCoseKey(value)];
  if (!Array.isArray(value) || !value.every((one) => one instanceof Map)) return undefined;
  return loadKeySet({ keys: [{ coseKeyHex: asBuffer(bytes).toString('hex') }] });
}

function publicKeys(bytes: Uint8Array): readonly SecurityKey[] {
  if (bytes.length === KEY_BYTES) return [ed25519Key(bytes)];
  if (bytes.length === ED448_BYTES) return [oneOf({ kty: 'OKP', crv: 'Ed448', x: base64url(bytes) })];
  if (SECRET_BYTES.has(bytes.length)) return [secretKey(bytes)];
  throw new HearsayError('ERR_KEY', `${bytes.length} bytes are no public key; a secret is given with --secret`);
}

function seedKey(bytes: Uint8Array): readonly SecurityKey[] {
  if (bytes.length !== KEY_BYTES) throw new HearsayError('ERR_KEY', `a seed has 32 bytes, not ${bytes.length}`);
  const { publicKey } = signingKeyFromSeed(bytes);
  return [oneOf({ kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey), d: base64url(bytes) })];
}

function secretKey(bytes: Uint8Array): SecurityKey {
  if (bytes.length === 0) throw new HearsayError('ERR_KEY', 'a secret has at least one byte');
  return { id: NO_ID, material: { kind: 'symmetric', bytes } };
}

function pemKey(pem: string): SecurityKey {
  try {
    return jwkOf(/PRIVATE KEY-----/.test(pem) ? createPrivateKey(pem) : createPublicKey(pem));
  } catch (error) {
    throw new HearsayError('ERR_KEY', `the PEM cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function derKey(bytes: Uint8Array): SecurityKey | undefined {
  const key = asBuffer(bytes);
  for (const read of [
    () => createPublicKey({ key, format: 'der', type: 'spki' }),
    () => createPrivateKey({ key, format: 'der', type: 'pkcs8' }),
  ]) {
    try {
      return jwkOf(read());
    } catch {
      // Not this kind of DER; bytes that only begin like it are no DER at all.
    }
  }
  return undefined;
}

function jwkOf(key: KeyObject): SecurityKey {
  return oneOf(key.export({ format: 'jwk' }));
}

function oneOf(jwk: object): SecurityKey {
  return loadKeySet(jwk)[0] as SecurityKey;
}

function withId(keys: readonly SecurityKey[], id: string): readonly SecurityKey[] {
  const hex = /^0x((?:[0-9a-f]{2})+)$/i.exec(id)?.[1];
  const bytes = hex === undefined ? utf8(id) : new Uint8Array(Buffer.from(hex, 'hex'));
  return keys.map((key) => ({ ...key, id: bytes }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HearsayError('ERR_KEY', `not valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

function base64url(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64url');
}

function noKey(text: string, why: string, cause?: unknown): HearsayError {
  return new HearsayError('ERR_KEY', `no key in ${printable(text)}: ${why}`, { cause });
}
