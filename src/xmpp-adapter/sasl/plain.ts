/** PLAIN (RFC 4616): the password itself, so only where nobody else can read along. */
import { timingSafeEqual } from 'node:crypto';
import { scramKeys } from './credentials.js';
import { type FindCredentials, failure, type MayActAs, type Mechanism, type SaslStep } from './mechanism.js';

export class Plain implements Mechanism {
  private readonly find: FindCredentials;
  private readonly mayActAs: MayActAs;

  constructor(find: FindCredentials, mayActAs: MayActAs) {
    this.find = find;
    this.mayActAs = mayActAs;
  }

  /** `[authzid] NUL authcid NUL passwd` */
  step(message: string): SaslStep {
    const parts = message.split('\0');
    const [authzid, authcid, password] = parts;
    if (parts.length !== 3 || authzid === undefined || !authcid || !password) return failure('malformed-request');
    const localpart = authcid.normalize('NFKC').toLowerCase();
    const { known, credentials } = this.find(localpart);
    const keys = scramKeys('sha256', password, credentials.salt, credentials.iterations);
    const fits = timingSafeEqual(keys.storedKey, credentials.sha256.storedKey);
    if (!fits || !known) return failure('not-authorized');
    if (authzid !== '' && !this.mayActAs(localpart, authzid)) return failure('invalid-authzid');
    return { kind: 'success', localpart, data: undefined };
  }
}
