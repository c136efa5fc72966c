/** What `bundle create` adds to a bundle by RFC 9173: BIB-HMAC-SHA2 and BCB-AES-GCM. */
import { randomBytes } from 'node:crypto';
import { fromHex, HearsayError, printable } from '../base/index.js';
import {
  addConfidentiality,
  addIntegrity,
  BlockType,
  type Bundle,
  type Eid,
  type SecurityKey,
  ShaVariant,
  type ShaVariantId,
} from '../bundle/index.js';
import { readSecret } from './bundle-keys.js';

const IV_BYTES = 12;

export interface ProtectArgs {
  readonly hmacKey?: string;
  readonly hmacTargets?: Targets;
  readonly sha?: ShaVariantId;
  readonly aesKey?: string;
  readonly aesTargets?: Targets;
  readonly aesIv?: Uint8Array;
  /** As in example A.4 of the RFC: one IV for several targets, which gives the key away to who sees much of it. */
  readonly sharedIv?: boolean;
  /** A sum of scope flags, for both. */
  readonly scope?: number;
  readonly securitySource?: Eid;
}

/** Finds block numbers in a bundle. */
export type Targets = (bundle: Bundle) => readonly number[];

export interface Protection {
  readonly args: ProtectArgs;
  readonly hmacKey?: SecurityKey;
  readonly aesKey?: SecurityKey;
}

/** @throws HearsayError `ERR_KEY` */
export async function readProtection(args: ProtectArgs): Promise<Protection> {
  return {
    args,
    ...(args.hmacKey === undefined ? {} : { hmacKey: await readSecret(args.hmacKey) }),
    ...(args.aesKey === undefined ? {} : { aesKey: await readSecret(args.aesKey) }),
  };
}

/** Integrity first: what is encrypted already takes no MAC (RFC 9172 §3.7). @throws HearsayError `ERR_BPSEC_RULE` */
export function protect(bundle: Bundle, { args, hmacKey, aesKey }: Protection): Bundle {
  const source = args.securitySource ?? bundle.primary.source;
  const scope = args.scope === undefined ? {} : { scope: args.scope };
  let whole = bundle;
  if (hmacKey !== undefined) {
    const targets = (args.hmacTargets ?? payloadOnly)(whole);
    const variant = args.sha === undefined ? {} : { variant: args.sha };
    whole = addIntegrity(whole, { context: 'BIB-HMAC-SHA2', key: hmacKey, targets, source, ...scope, ...variant });
  }
  if (aesKey === undefined) return whole;
  const targets = (args.aesTargets ?? payloadOnly)(whole);
  const iv = args.aesIv ?? new Uint8Array(randomBytes(IV_BYTES));
  const allowSharedIv = args.sharedIv === true;
  return addConfidentiality(whole, {
    context: 'BCB-AES-GCM',
    key: aesKey,
    iv,
    targets,
    source,
    allowSharedIv,
    ...scope,
  });
}

const TARGET_TYPES: Readonly<Record<string, number>> = {
  payload: BlockType.Payload,
  'previous-node': BlockType.PreviousNode,
  'bundle-age': BlockType.BundleAge,
  'hop-count': BlockType.HopCount,
};

function payloadOnly(): readonly number[] {
  return [1];
}

/** `primary`, `payload`, `previous-node`, `bundle-age`, `hop-count`, or block numbers, separated by commas. */
export function readTargets(text: string): Targets {
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (name !== 'primary' && TARGET_TYPES[name] === undefined && !/^\d{1,9}$/.test(name)) {
      const known = ['primary', ...Object.keys(TARGET_TYPES)].join(', ');
      throw new HearsayError('ERR_OPTION', `"${printable(name)}" is no target; there are ${known}, and block numbers`);
    }
  }
  return ({ blocks }) =>
    names.map((name) => {
      if (name === 'primary') return 0;
      const type = TARGET_TYPES[name];
      if (type === undefined) return Number(name);
      const found = blocks.find((block) => block.type === type);
      if (found === undefined) throw new HearsayError('ERR_BUNDLE_PARTS', `there is no ${name} block to protect`);
      return found.number;
    });
}

export function readSha(text: string): ShaVariantId {
  if (text === '256') return ShaVariant.Hmac256;
  if (text === '384') return ShaVariant.Hmac384;
  if (text === '512') return ShaVariant.Hmac512;
  throw new HearsayError('ERR_OPTION', `"${printable(text)}" is not one of 256, 384, 512`);
}

/** 8 to 16 bytes (RFC 9173 §4.3.1). */
export function readIv(text: string): Uint8Array {
  if (/^([0-9a-fA-F]{2}){8,16}$/.test(text)) return fromHex(text);
  throw new HearsayError('ERR_OPTION', `"${printable(text)}" is not 16 to 32 hexadecimal digits`);
}
