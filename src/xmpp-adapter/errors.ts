/** The two kinds of errors that XMPP has: one ends the stream (RFC 6120 §4.9), one answers a stanza (§8.3). */
import type { Element } from 'ltx';
import { HearsayError } from '../base/index.js';
import { NS } from './namespaces.js';
import { el } from './xml.js';

/** RFC 6120 §4.9.3; those that we send. */
export type StreamCondition =
  | 'bad-format'
  | 'conflict'
  | 'connection-timeout'
  | 'host-unknown'
  | 'internal-server-error'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'resource-constraint'
  | 'restricted-xml'
  | 'system-shutdown'
  | 'unsupported-encoding'
  | 'unsupported-stanza-type'
  | 'unsupported-version';

/** The stream can't go on. The client is told, then the connection ends. */
export class StreamError extends HearsayError {
  readonly condition: StreamCondition;

  constructor(condition: StreamCondition, message: string) {
    super('ERR_XMPP_STREAM', message);
    this.condition = condition;
  }

  toElement(): Element {
    return el(
      'stream:error',
      {},
      el(this.condition, { xmlns: NS.streamErrors }),
      el('text', { xmlns: NS.streamErrors, 'xml:lang': 'en' }, this.message),
    );
  }
}

/** RFC 6120 §8.3.3; those that we send. */
export type StanzaCondition =
  | 'bad-request'
  | 'feature-not-implemented'
  | 'internal-server-error'
  | 'item-not-found'
  | 'jid-malformed'
  | 'not-acceptable'
  | 'not-allowed'
  | 'policy-violation'
  | 'remote-server-timeout'
  | 'resource-constraint'
  | 'service-unavailable';

/** RFC 6120 §8.3.2: what the sender may do about it. The RFC recommends a type for each condition. */
const ERROR_TYPES: Readonly<Record<StanzaCondition, 'cancel' | 'modify' | 'wait'>> = {
  'bad-request': 'modify',
  'feature-not-implemented': 'cancel',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'policy-violation': 'modify',
  'remote-server-timeout': 'wait',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
};

/** One stanza can't be done. Its sender is told; everything else goes on. */
export class StanzaError extends HearsayError {
  readonly condition: StanzaCondition;

  constructor(condition: StanzaCondition, message = '') {
    super('ERR_XMPP_STANZA', message);
    this.condition = condition;
  }

  toElement(): Element {
    const error = el('error', { type: ERROR_TYPES[this.condition] }, el(this.condition, { xmlns: NS.stanzaErrors }));
    if (this.message !== '') {
      error.cnode(el('text', { xmlns: NS.stanzaErrors, 'xml:lang': 'en' }, this.message));
    }
    return error;
  }
}
