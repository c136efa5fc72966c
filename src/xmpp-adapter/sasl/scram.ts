/**
 * SCRAM-SHA-1 and SCRAM-SHA-256, the server's side (RFC 5802, RFC 7677), without channel binding.
 *
 *     client-first   n,,n=user,r=CNONCE
 *     server-first   r=CNONCE SNONCE,s=SALT,i=ITERATIONS
 *     client-final   c=biws,r=CNONCE SNONCE,p=PROOF
 *     server-final   v=SIGNATURE
 */
import { timingSafeEqual } from 'node:crypto';
import { asBuffer } from '../../base/index.js';
import { decodeBase64 } from './base64.js';
import { digest, hmac, prepared, type ScramHash } from './credentials.js';
import {
  type Claimed,
  type FindCredentials,
  failure,
  type MayActAs,
  type Mechanism,
  type SaslStep,
} from './mechanism.js';

interface Begun {
  readonly localpart: string;
  readonly claimed: Claimed;
  readonly authzid: string;
  readonly gs2Header: string;
  readonly clientFirstBare: string;
  readonly serverFirst: string;
  readonly nonce: string;
}

/** RFC 5802 §7 `gs2-header` and `client-first-message-bare`; an `m=` (mandatory extension) does not fit, as it must. */
const CLIENT_FIRST =
  /^((?:n|y|p=[A-Za-z0-9.-]+),(?:a=([^,]+))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,]+)*)$/;
const CLIENT_FINAL = /^(c=([A-Za-z0-9+/]+=*),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,]+)*),p=([A-Za-z0-9+/]+=*)$/;

export class Scram implements Mechanism {
  private readonly hash: ScramHash;
  private readonly find: FindCredentials;
  private readonly mayActAs: MayActAs;
  private readonly serverNonce: string;
  private begun: Begun | undefined;

  /** @param serverNonce fresh for every attempt; printable ASCII without commas. */
  constructor(hash: ScramHash, serverNonce: string, find: FindCredentials, mayActAs: MayActAs) {
    this.hash = hash;
    this.serverNonce = serverNonce;
    this.find = find;
    this.mayActAs = mayActAs;
  }

  step(message: string): SaslStep {
    return this.begun === undefined ? this.first(message) : this.final(message, this.begun);
  }

  private first(message: string): SaslStep {
    const match = CLIENT_FIRST.exec(message);
    const [, gs2Header, authzid = '', clientFirstBare, saslName, clientNonce] = match ?? [];
    if (gs2Header === undefined || clientFirstBare === undefined || saslName === undefined) {
      return failure('malformed-request');
    }
    // `n`: no channel binding; `y`: the client could, and sees rightly that we don't offer it; `p=` needs a -PLUS name.
    if (gs2Header.startsWith('p=')) return failure('malformed-request');
    const name = decodeSaslName(saslName);
    const actAs = decodeSaslName(authzid);
    if (name === undefined || actAs === undefined) return failure('malformed-request');
    const localpart = prepared(name).toLowerCase();
    const claimed = this.find(localpart);
    const { salt, iterations } = claimed.credentials;
    const nonce = `${clientNonce}${this.serverNonce}`;
    const serverFirst = `r=${nonce},s=${asBuffer(salt).toString('base64')},i=${iterations}`;
    this.begun = { localpart, claimed, authzid: actAs, gs2Header, clientFirstBare, serverFirst, nonce };
    return { kind: 'challenge', data: serverFirst };
  }

  private final(message: string, begun: Begun): SaslStep {
    const [, withoutProof, binding, nonce, proofText] = CLIENT_FINAL.exec(message) ?? [];
    const proof = proofText === undefined ? undefined : decodeBase64(proofText);
    const header = binding === undefined ? undefined : decodeBase64(binding);
    if (withoutProof === undefined || proof === undefined || header === undefined) return failure('malformed-request');
    // The header is repeated so that nobody in between can have changed it unseen.
    if (asBuffer(header).toString('utf8') !== begun.gs2Header) return failure('not-authorized');
    if (nonce !== begun.nonce) return failure('not-authorized');

    const { storedKey, serverKey } = begun.claimed.credentials[this.hash];
    const authMessage = `${begun.clientFirstBare},${begun.serverFirst},${withoutProof}`;
    const signature = hmac(this.hash, storedKey, authMessage);
    if (proof.length !== signature.length) return failure('not-authorized');
    const clientKey = proof.map((byte, i) => byte ^ (signature[i] ?? 0));
    const fits = timingSafeEqual(digest(this.hash, clientKey), storedKey);
    if (!fits || !begun.claimed.known) return failure('not-authorized');
    if (begun.authzid !== '' && !this.mayActAs(begun.localpart, begun.authzid)) return failure('invalid-authzid');
    const verifier = asBuffer(hmac(this.hash, serverKey, authMessage)).toString('base64');
    return { kind: 'success', localpart: begun.localpart, data: `v=${verifier}` };
  }
}

/** RFC 5802 §5.1: `=2C` is a comma, `=3D` an equals sign, and no other `=` may stand. */
function decodeSaslName(text: string): string | undefined {
  if (/=(?!2C|3D)/.test(text)) return undefined;
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
