/** The COSE context, id 3, as security source. */
import { concatBytes, HearsayError, type Random } from '../../base/index.js';
import { CborWriter } from '../../cbor/index.js';
import type { SecurityItem } from '../security-block.js';
import { sealGcm } from './aead.js';
import { CIPHER_ALGORITHMS, GCM_IV_BYTES, MAC_ALGORITHMS } from './cose-algorithms.js';
import { encodeCoseMessage, Header, readProtected } from './cose-message.js';
import {
  bytesHeader,
  type ContentLayer,
  type HeaderItem,
  headerBytes,
  kidItem,
  makeRecipient,
  type RecipientSpec,
} from './cose-recipients.js';
import { type AadScope, ENCODED_DEFAULT_SCOPE, type EncodedScope, encodeAadScope, externalAad } from './cose-scope.js';
import { makeSignature } from './cose-sign.js';
import { encStructure, macStructure, sigStructure } from './cose-structures.js';
import { CoseParameter, completeIv, coseMac, publicOther } from './cose-verify.js';
import type { SecurityKey } from './keyring.js';
import { bytesItem } from './rfc9173.js';
import { symmetric } from './symmetric-key.js';
import { contentOf, type OperationInput } from './target.js';

export interface CoseSigner {
  /** EdDSA (−8) is the default of Hearsay. @default −8 */
  readonly algorithm?: number;
  readonly key: SecurityKey;
}

/** Where initialization vectors come from: one for one target, or drawn for each. */
export type IvSource = Uint8Array | Random;

export type CoseIntegrity =
  | ({ readonly kind: 'sign1' } & CoseSigner)
  | { readonly kind: 'sign'; readonly signers: readonly CoseSigner[] }
  | { readonly kind: 'mac0'; readonly algorithm: number; readonly key: SecurityKey }
  | {
      readonly kind: 'mac';
      readonly algorithm: number;
      /** Left out when the one recipient derives it. */
      readonly contentKey?: Uint8Array;
      readonly recipients: readonly RecipientSpec[];
    };

export type CoseConfidentiality =
  | {
      readonly kind: 'encrypt0';
      readonly algorithm: number;
      readonly key: SecurityKey;
      readonly iv: IvSource;
      /** Send only the end of the IV; the key has a base IV. Takes the place of `iv`. */
      readonly partialIv?: Uint8Array;
    }
  | {
      readonly kind: 'encrypt';
      readonly algorithm: number;
      readonly contentKey?: Uint8Array;
      readonly iv: IvSource;
      readonly recipients: readonly RecipientSpec[];
    };

export interface CoseSpec<Message = CoseIntegrity | CoseConfidentiality> {
  readonly context: 'COSE';
  readonly message: Message;
  /** @default the metadata of the primary block, of the target and of the security block */
  readonly scope?: AadScope;
  /** An encoded header map for all results, covered as associated data. */
  readonly additionalProtected?: Uint8Array;
  /** An encoded header map for all results. */
  readonly additionalUnprotected?: Uint8Array;
}

const DEFAULT_ALGORITHM = -8;

/** The scope is always written out, though its default need not be: one rule less for other implementations to differ on. */
export function coseParameters(spec: CoseSpec): readonly SecurityItem[] {
  const { additionalProtected, additionalUnprotected } = spec;
  return [
    ...(additionalProtected === undefined ? [] : [bytesItem(CoseParameter.AdditionalProtected, additionalProtected)]),
    ...(additionalUnprotected === undefined
      ? []
      : [bytesItem(CoseParameter.AdditionalUnprotected, additionalUnprotected)]),
    { id: CoseParameter.AadScope, value: scopeOf(spec).bytes },
  ];
}

export function coseIntegrityResult(spec: CoseSpec<CoseIntegrity>, input: OperationInput): SecurityItem {
  return aadOf(spec, input).lend((aad) => resultOver(aad, spec, input));
}

function resultOver(aad: Uint8Array, spec: CoseSpec<CoseIntegrity>, input: OperationInput): SecurityItem {
  const { message } = spec;
  const content = contentOf(input.target);
  switch (message.kind) {
    case 'sign1': {
      const protectedBytes = algorithmHeader(message.algorithm ?? DEFAULT_ALGORITHM);
      const signature = signWith(message, sigStructure(protectedBytes, undefined, aad, content));
      const headers = { protectedBytes, unprotected: headerBytes(keyHeader(spec, message.key)) };
      return { id: 18, value: encodeCoseMessage(18, headers, (writer) => writer.byteString(signature)) };
    }
    case 'sign': {
      const body = new Uint8Array(0);
      const signatures = message.signers.map((signer) => {
        const protectedBytes = algorithmHeader(signer.algorithm ?? DEFAULT_ALGORITHM);
        const signature = signWith(signer, sigStructure(body, protectedBytes, aad, content));
        const unprotected = headerBytes(keyHeader(spec, signer.key));
        return new CborWriter(192).array(3).byteString(protectedBytes).raw(unprotected).byteString(signature).finish();
      });
      const headers = { protectedBytes: body, unprotected: headerBytes([]) };
      return { id: 98, value: encodeCoseMessage(98, headers, (writer) => writeAll(writer, signatures)) };
    }
    case 'mac0': {
      const known = knownMac(message.algorithm);
      const protectedBytes = algorithmHeader(message.algorithm);
      const structure = macStructure('MAC0', protectedBytes, aad, content);
      const tag = structure.lend((toBeMaced) => coseMac(known, symmetric(message.key), toBeMaced));
      const headers = { protectedBytes, unprotected: headerBytes(keyHeader(spec, message.key)) };
      return { id: 17, value: encodeCoseMessage(17, headers, (writer) => writer.byteString(tag)) };
    }
    case 'mac': {
      const known = knownMac(message.algorithm);
      const { contentKey, recipients } = makeRecipients(spec, message, known.keyBytes, input);
      const protectedBytes = algorithmHeader(message.algorithm);
      const structure = macStructure('MAC', protectedBytes, aad, content);
      const tag = structure.lend((toBeMaced) => coseMac(known, contentKey, toBeMaced));
      const headers = { protectedBytes, unprotected: headerBytes([]) };
      const value = encodeCoseMessage(97, headers, (writer) => writeAll(writer.byteString(tag), recipients));
      return { id: 97, value };
    }
  }
}

/** @returns the result, and what takes the place of the target's data: ciphertext and tag. */
export function coseSeal(
  spec: CoseSpec<CoseConfidentiality>,
  input: OperationInput,
): { readonly results: readonly SecurityItem[]; readonly ciphertext: Uint8Array } {
  const { message } = spec;
  const known = CIPHER_ALGORITHMS.get(message.algorithm);
  if (known === undefined) throw new HearsayError('ERR_BPSEC_KEY', `COSE algorithm ${message.algorithm} is no AES-GCM`);
  const protectedBytes = algorithmHeader(message.algorithm);
  const single = message.kind === 'encrypt0';
  const { iv, header } = ivOf(message);
  const aad = aadOf(spec, input).lend((external) =>
    encStructure(single ? 'Encrypt0' : 'Encrypt', protectedBytes, external),
  );
  const { contentKey, recipients } = single
    ? { contentKey: symmetric(message.key), recipients: [] }
    : makeRecipients(spec, message, known.keyBytes, input);
  if (contentKey.length !== known.keyBytes) {
    throw new HearsayError('ERR_BPSEC_KEY', `${known.name} takes a key of ${known.keyBytes} bytes`);
  }
  const { ciphertext, tag } = sealGcm(contentKey, iv, aad, contentOf(input.target));
  const unprotected = headerBytes(single ? [...keyHeader(spec, message.key), header] : [header]);
  const id = single ? 16 : 96;
  const value = encodeCoseMessage(id, { protectedBytes, unprotected }, (writer) => {
    if (!single) writeAll(writer, recipients);
  });
  return { results: [{ id, value }], ciphertext: concatBytes(ciphertext, tag) };
}

function ivOf(message: CoseConfidentiality): { readonly iv: Uint8Array; readonly header: HeaderItem } {
  if (message.kind === 'encrypt0' && message.partialIv !== undefined) {
    const iv = completeIv(message.key.baseIv, message.partialIv);
    if (iv === undefined) throw new HearsayError('ERR_BPSEC_KEY', 'a partial IV needs a key with a base IV');
    return { iv, header: bytesHeader(Header.PartialIv, message.partialIv) };
  }
  const iv = message.iv instanceof Uint8Array ? message.iv : message.iv.bytes(GCM_IV_BYTES);
  if (iv.length !== GCM_IV_BYTES) throw new HearsayError('ERR_BPSEC_KEY', `an IV has ${GCM_IV_BYTES} bytes`);
  return { iv, header: bytesHeader(Header.Iv, iv) };
}

function makeRecipients(
  spec: CoseSpec,
  message: {
    readonly algorithm: number;
    readonly contentKey?: Uint8Array;
    readonly recipients: readonly RecipientSpec[];
  },
  keyBytes: number,
  input: OperationInput,
): { readonly contentKey: Uint8Array; readonly recipients: readonly Uint8Array[] } {
  const layer: ContentLayer = {
    algorithm: message.algorithm,
    keyBytes,
    source: input.source,
    publicOther: publicOther(input.sourceBytes, spec.additionalProtected ?? new Uint8Array(0)),
  };
  const made = message.recipients.map((recipient) => makeRecipient(recipient, message.contentKey, layer));
  const first = made[0];
  const derives = message.recipients.some(({ kind, ...rest }) => kind === 'direct' || derivesContentKey(kind, rest));
  // RFC 9052 §5.3: a recipient that derives the content key is the only one.
  if (first === undefined || (derives && made.length > 1)) {
    throw new HearsayError('ERR_BPSEC_KEY', 'the recipients cannot share a content key');
  }
  return { contentKey: first.contentKey, recipients: made.map(({ encoded }) => encoded) };
}

function derivesContentKey(kind: RecipientSpec['kind'], rest: object): boolean {
  if (kind === 'direct-hkdf') return true;
  return kind === 'ecdh' && 'algorithm' in rest && typeof rest.algorithm === 'number' && rest.algorithm >= -28;
}

function scopeOf({ scope }: CoseSpec): EncodedScope {
  return scope === undefined ? ENCODED_DEFAULT_SCOPE : encodeAadScope(scope);
}

function aadOf(spec: CoseSpec, input: OperationInput): CborWriter {
  const additional = spec.additionalProtected ?? new Uint8Array(0);
  const aad = externalAad(input, scopeOf(spec), additional);
  if (aad === undefined) throw new HearsayError('ERR_BPSEC_SCOPE', 'the AAD scope names what cannot be covered');
  return aad;
}

/** The key id, unless the additional headers have it for all results. */
function keyHeader(spec: CoseSpec, key: SecurityKey): readonly HeaderItem[] {
  const additional = [spec.additionalProtected, spec.additionalUnprotected];
  const named = additional.some((map) => map !== undefined && readProtected(map).has(Header.KeyId));
  return named ? [] : kidItem(key);
}

function algorithmHeader(algorithm: number): Uint8Array {
  return new CborWriter(8).map(1).uint(Header.Alg).int(algorithm).finish();
}

function signWith(signer: CoseSigner, structure: CborWriter): Uint8Array {
  return structure.lend((toBeSigned) =>
    makeSignature(signer.algorithm ?? DEFAULT_ALGORITHM, signer.key.material, toBeSigned),
  );
}

function knownMac(algorithm: number): NonNullable<ReturnType<typeof MAC_ALGORITHMS.get>> {
  const known = MAC_ALGORITHMS.get(algorithm);
  if (known === undefined) throw new HearsayError('ERR_BPSEC_KEY', `COSE algorithm ${algorithm} is no HMAC`);
  return known;
}

function writeAll(writer: CborWriter, items: readonly Uint8Array[]): void {
  writer.array(items.length);
  for (const item of items) writer.raw(item);
}
