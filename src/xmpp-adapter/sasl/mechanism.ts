/** What every SASL mechanism is to the exchange (RFC 4422, RFC 6120 §6). */
import type { ScramCredentials } from './credentials.js';

/** RFC 6120 §6.5; those that we send. */
export type SaslCondition =
  | 'aborted'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'not-authorized';

export type SaslStep =
  | { readonly kind: 'challenge'; readonly data: string }
  | { readonly kind: 'success'; readonly localpart: string; readonly data: string | undefined }
  | { readonly kind: 'failure'; readonly condition: SaslCondition };

/** One attempt of one client. */
export interface Mechanism {
  /** `message` is text: every mechanism of ours speaks UTF-8. */
  step(message: string): SaslStep;
}

/** Whom somebody claims to be. The credentials of somebody we don't know are made up, and never fit. */
export interface Claimed {
  readonly known: boolean;
  readonly credentials: ScramCredentials;
}

export type FindCredentials = (localpart: string) => Claimed;

/** Who may log in as whom: only everybody as themselves. */
export type MayActAs = (localpart: string, authzid: string) => boolean;

export function failure(condition: SaslCondition): SaslStep {
  return { kind: 'failure', condition };
}
