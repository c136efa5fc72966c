/**
 * The SASL negotiation of one connection (RFC 6120 §6): elements in, elements out.
 *
 *     state        auth            response        abort
 *     idle         begin           malformed       aborted
 *     mechanism    malformed, idle continue        aborted, idle
 */
import { createHmac, hkdfSync } from 'node:crypto';
import type { Element } from 'ltx';
import { asBuffer, type Random, utf8, utf8Decode } from '../../base/index.js';
import { NS } from '../namespaces.js';
import { el } from '../xml.js';
import { decodeBase64 } from './base64.js';
import { SCRAM_ITERATIONS, type ScramCredentials } from './credentials.js';
import {
  type Claimed,
  failure,
  type MayActAs,
  type Mechanism,
  type SaslCondition,
  type SaslStep,
} from './mechanism.js';
import { Plain } from './plain.js';
import { Scram } from './scram.js';

export type SaslOutcome =
  | { readonly kind: 'continue'; readonly reply: Element }
  | { readonly kind: 'success'; readonly reply: Element; readonly localpart: string }
  | { readonly kind: 'failure'; readonly reply: Element; readonly condition: SaslCondition };

export interface SaslContext {
  readonly domain: string;
  readonly random: Random;
  /** Salts for people who don't exist are made from this; it must not change while a client could compare. */
  readonly fakeSaltKey: Uint8Array;
  credentials(localpart: string): ScramCredentials | undefined;
}

/** Strongest first: a client that has no view of its own takes the first that it knows. */
const MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'] as const;
const NONCE_BYTES = 18;
const SALT_BYTES = 16;

export function mechanismsElement(): Element {
  return el('mechanisms', { xmlns: NS.sasl }, ...MECHANISMS.map((name) => el('mechanism', {}, name)));
}

/** A key for {@link SaslContext.fakeSaltKey}, as lasting and as secret as the given secret is. */
export function fakeSaltKey(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', 'hearsay xmpp salts of nobody', 32));
}

export class SaslExchange {
  private readonly context: SaslContext;
  private mechanism: Mechanism | undefined;

  constructor(context: SaslContext) {
    this.context = context;
  }

  /** @param element a child of the stream in the SASL namespace. */
  handle(element: Element): SaslOutcome {
    switch (element.getName()) {
      case 'auth':
        return this.auth(element);
      case 'response':
        return this.response(element);
      case 'abort':
        return this.outcome(failure('aborted'));
      default:
        return this.outcome(failure('malformed-request'));
    }
  }

  private auth(element: Element): SaslOutcome {
    if (this.mechanism !== undefined) return this.outcome(failure('malformed-request'));
    const mechanism = this.create(element.attrs.mechanism);
    if (mechanism === undefined) return this.outcome(failure('invalid-mechanism'));
    this.mechanism = mechanism;
    const text = element.getText();
    // Every mechanism here lets the client speak first; without an initial response it is asked to (RFC 4422 §3).
    if (text === '') return this.outcome({ kind: 'challenge', data: '' });
    return this.continueWith(mechanism, text === '=' ? '' : text);
  }

  private response(element: Element): SaslOutcome {
    if (this.mechanism === undefined) return this.outcome(failure('malformed-request'));
    return this.continueWith(this.mechanism, element.getText());
  }

  private continueWith(mechanism: Mechanism, text: string): SaslOutcome {
    const bytes = decodeBase64(text);
    if (bytes === undefined) return this.outcome(failure('incorrect-encoding'));
    const message = utf8Decode(bytes);
    return this.outcome(message === undefined ? failure('malformed-request') : mechanism.step(message));
  }

  private outcome(step: SaslStep): SaslOutcome {
    if (step.kind === 'challenge') {
      return { kind: 'continue', reply: el('challenge', { xmlns: NS.sasl }, encoded(step.data)) };
    }
    this.mechanism = undefined;
    if (step.kind === 'success') {
      const data = step.data === undefined ? undefined : encoded(step.data);
      return { kind: 'success', reply: el('success', { xmlns: NS.sasl }, data), localpart: step.localpart };
    }
    return failed(step.condition);
  }

  private create(name: string | undefined): Mechanism | undefined {
    const find = (localpart: string): Claimed => this.find(localpart);
    switch (name) {
      case 'SCRAM-SHA-256':
        return new Scram('sha256', this.nonce(), find, this.mayActAs);
      case 'SCRAM-SHA-1':
        return new Scram('sha1', this.nonce(), find, this.mayActAs);
      case 'PLAIN':
        return new Plain(find, this.mayActAs);
      default:
        return undefined;
    }
  }

  private nonce(): string {
    return asBuffer(this.context.random.bytes(NONCE_BYTES)).toString('base64');
  }

  private readonly mayActAs: MayActAs = (localpart, authzid) =>
    authzid.toLowerCase() === `${localpart}@${this.context.domain}`;

  /** Whoever asks for somebody unknown sees the same as whoever has the wrong password (RFC 6120 §13.11). */
  private find(localpart: string): Claimed {
    const credentials = this.context.credentials(localpart);
    if (credentials !== undefined) return { known: true, credentials };
    const secret = createHmac('sha512', this.context.fakeSaltKey).update(utf8(localpart)).digest();
    const keys = { storedKey: new Uint8Array(secret.subarray(32)), serverKey: new Uint8Array(secret.subarray(32)) };
    return {
      known: false,
      credentials: {
        salt: new Uint8Array(secret.subarray(0, SALT_BYTES)),
        iterations: SCRAM_ITERATIONS,
        sha256: keys,
        sha1: { storedKey: keys.storedKey.slice(0, 20), serverKey: keys.serverKey.slice(0, 20) },
      },
    };
  }
}

/** RFC 6120 §6.4.5: a failure, and the client may try again. */
export function failed(condition: SaslCondition): SaslOutcome {
  return { kind: 'failure', condition, reply: el('failure', { xmlns: NS.sasl }, el(condition, {})) };
}

/** RFC 6120 §6.4.2: data of zero length is written `=`, except in a challenge, where an empty element will do. */
function encoded(data: string): string | undefined {
  return data === '' ? undefined : asBuffer(utf8(data)).toString('base64');
}
