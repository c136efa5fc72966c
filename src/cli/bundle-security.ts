/** What keys say of a bundle: every security operation in it, and whether a node of ours would believe its signature. */
import { DecodeError, toHex } from '../base/index.js';
import {
  type Bundle,
  BundleFlag,
  findPayloadSignature,
  formatEid,
  type OperationVerdict,
  type SecurityKey,
  type SignatureClaim,
  securityVerdicts,
  verifyBundle,
} from '../bundle/index.js';
import { readDeviceCertificate } from '../people/index.js';
import { ed25519Key, keyringOf } from './bundle-keys.js';

export interface SignatureView {
  readonly verdict: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface SecurityView {
  readonly operations: readonly OperationVerdict[];
  /** By our own, narrower rules: docs/protocol/bundles.md. */
  readonly signature: SignatureView;
}

/** With no key for signatures given, the certificate in the bundle may name one. */
export function viewSecurity(bundle: Bundle, keys: readonly SecurityKey[]): SecurityView {
  const certified = keys.some(({ material }) => material.kind !== 'symmetric') ? undefined : certifiedKey(bundle);
  const all = certified === undefined ? keys : [...keys, certified];
  const operations = securityVerdicts(bundle, keyringOf(all)).map((operation) => hinted(operation, keys));
  return { operations, signature: viewSignature(bundle, all) };
}

/** 64 digits are easily given for a secret with the wrong option. */
function hinted(operation: OperationVerdict, keys: readonly SecurityKey[]): OperationVerdict {
  const { verdict, securityContext, message } = operation;
  const secrets = keys.some(({ material }) => material.kind === 'symmetric');
  if (verdict !== 'unknown-key' || securityContext === 'COSE' || secrets || keys.length === 0) return operation;
  return { ...operation, message: `${message}; a key for HMAC or AES is given with --secret` };
}

/** Of all verdicts in one: that of the first operation that is not good. */
export function overall(bundle: Bundle, { operations }: SecurityView): { verdict: string; message: string } {
  const bad = operations.find(({ verdict }) => verdict !== 'ok');
  if (bad !== undefined) return { verdict: bad.verdict, message: `${nameOf(bad)}: ${bad.message}` };
  const [only, ...others] = operations;
  if (only === undefined) {
    const fragment = (bundle.primary.flags & BundleFlag.IsFragment) !== 0;
    const message = fragment ? 'a fragment, of which nothing proves anything' : 'there is no security operation';
    return { verdict: 'unsigned', message };
  }
  const message = others.length === 0 ? `${nameOf(only)}: ${only.message}` : `${operations.length} operations are good`;
  return { verdict: 'ok', message };
}

/** `integrity of block 1 by block 2 (COSE, dtn://ana/)` */
export function nameOf({ block, target, service, securityContext, securitySource }: OperationVerdict): string {
  if (service === null) return `security block ${block}`;
  return `${service} of block ${target} by block ${block} (${securityContext}, ${securitySource})`;
}

function certifiedKey(bundle: Bundle): SecurityKey | undefined {
  const claim = claimOf(bundle);
  const raw = claim === undefined ? undefined : keyInCertificate(claim);
  if (claim === undefined || raw === undefined) return undefined;
  return ed25519Key(raw, { id: claim.keyId ?? new Uint8Array(0), sources: [formatEid(claim.securitySource)] });
}

function claimOf(bundle: Bundle): SignatureClaim | undefined {
  try {
    const found = findPayloadSignature(bundle);
    if (found === undefined) return undefined;
    const { keyId, certificate } = found;
    return { securitySource: found.security.source, keyId, certificate };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** The certificate is checked against the person's key that it names, and has to be for the bundle's signer. */
function keyInCertificate({ certificate, securitySource }: SignatureClaim): Uint8Array | undefined {
  if (certificate === undefined) return undefined;
  try {
    const { person, device, deviceKey } = readDeviceCertificate(certificate);
    return formatEid(securitySource) === `dtn://${person}/${device}` ? deviceKey : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function viewSignature(bundle: Bundle, keys: readonly SecurityKey[]): SignatureView {
  const publicKeys = keys.flatMap(({ material }) =>
    material.kind === 'curve' && material.curve === 'Ed25519' && material.rawPublic !== undefined
      ? [material.rawPublic]
      : [],
  );
  const fitting = publicKeys.find((key) => verifyBundle(bundle, () => key).ok);
  // A single key that does not fit makes a bad signature; of several, none is known to be the signer's.
  const key = fitting ?? (publicKeys.length === 1 ? publicKeys[0] : undefined);
  const outcome = verifyBundle(bundle, () => key);
  const verdict = outcome.ok ? 'ok' : outcome.code;
  const message = outcome.ok ? 'the signature is genuine' : outcome.message;
  if (verdict === 'unsigned' || verdict === 'malformed') return { verdict, message };
  const found = findPayloadSignature(bundle);
  if (found === undefined) return { verdict, message };
  const { algorithm, keyId, certificate } = found;
  return {
    verdict,
    message,
    securitySource: formatEid(found.security.source),
    alg: algorithm === undefined ? null : typeof algorithm === 'bigint' ? String(algorithm) : algorithm,
    keyId: keyId === undefined ? null : toHex(keyId),
    certificate: certificate === undefined ? null : toHex(certificate),
    publicKey: outcome.ok ? toHex(outcome.publicKey) : null,
  };
}
