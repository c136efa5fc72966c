/**
 * One client of one person: a bound resource (RFC 6120 §7). Its stanzas are done one after the other, in the order in
 * which they came (§10.1).
 */
import type { Element } from 'ltx';
import { HearsayError, messageOf } from '../base/index.js';
import type { ShownPresence } from './contact-presence.js';
import { StanzaError, StreamError } from './errors.js';
import { Handover } from './handover.js';
import { answerIq } from './iq.js';
import { bareOf, parseJid } from './jid.js';
import { handleMessage } from './messages.js';
import { type Availability, withdrawPresence } from './own-presence.js';
import type { Person } from './person.js';
import { handlePresence } from './presence.js';
import { errorReply } from './stanza.js';

/** What a session needs of the connection below it. */
export interface ClientStream {
  send(element: Element): void;
  /** Ends the stream. */
  fail(error: StreamError): void;
  /** While busy, nothing more is read from the client. */
  setBusy(busy: boolean): void;
}

/** Stanzas that may wait before the client has to. */
const QUEUE_LENGTH = 16;

export class Session {
  readonly person: Person;
  readonly resource: string;
  /** The full JID. */
  readonly jid: string;
  readonly handover: Handover;
  /** Undefined until the client sends its first presence, and after it says that it is unavailable. */
  availability: Availability | undefined;
  /** It asked for the roster, so it is told of changes (RFC 6121 §2.1.6). */
  wantsRoster = false;
  /** XEP-0280 */
  wantsCarbons = false;
  /** What this client was last shown of each contact, by JID. */
  readonly shown = new Map<string, ShownPresence>();

  private readonly stream: ClientStream;
  /** Kept once every stanza that was received is done. */
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;
  private over = false;

  constructor(person: Person, resource: string, stream: ClientStream) {
    this.person = person;
    this.resource = resource;
    this.jid = `${person.account.jid}/${resource}`;
    this.stream = stream;
    this.handover = new Handover(this);
  }

  /** Messages go to it (RFC 6121 §8.5.2.1). */
  get takesMessages(): boolean {
    return this.availability !== undefined && this.availability.priority >= 0;
  }

  send(element: Element): void {
    if (!this.over) this.stream.send(element);
  }

  fail(error: StreamError): void {
    this.stream.fail(error);
  }

  /** A stanza from the client. */
  receive(stanza: Element): void {
    this.waiting += 1;
    if (this.waiting >= QUEUE_LENGTH) this.stream.setBusy(true);
    this.tail = this.tail
      .then(() => this.handle(stanza))
      .then(() => {
        this.waiting -= 1;
        if (this.waiting === 0) this.stream.setBusy(false);
      });
  }

  /** Resolves once everything that was received so far is done. */
  drained(): Promise<void> {
    return this.tail;
  }

  /** A result or an error came for something that we asked. */
  answered(id: string): void {
    this.handover.answered(id);
  }

  /** The stream is gone. What came before is still done: a client may send a message and hang up. */
  end(): void {
    if (this.over) return;
    this.over = true;
    this.handover.end();
    this.person.detach(this);
    withdrawPresence(this);
  }

  private async handle(stanza: Element): Promise<void> {
    if (!this.isOwnFrom(stanza.attrs.from)) {
      this.fail(new StreamError('invalid-from', 'a stanza comes from the JID that is bound'));
      return;
    }
    stanza.attrs.from = this.jid;
    try {
      await this.dispatch(stanza);
    } catch (error) {
      if (stanza.attrs.type !== 'error' && stanza.attrs.type !== 'result') {
        this.send(errorReply(stanza, this.stanzaError(error)));
      }
    }
  }

  private async dispatch(stanza: Element): Promise<void> {
    switch (stanza.getName()) {
      case 'iq': {
        const answer = await answerIq(stanza, this, this.person.context.handlers);
        if (answer !== undefined) this.send(answer);
        return;
      }
      case 'message':
        return handleMessage(stanza, this);
      default:
        return this.over ? undefined : handlePresence(stanza, this);
    }
  }

  /** RFC 6120 §8.1.2.1: a client may only speak for itself. */
  private isOwnFrom(from: string | undefined): boolean {
    if (from === undefined) return true;
    const jid = parseJid(from);
    if (jid === undefined || bareOf(jid) !== this.person.account.jid) return false;
    return jid.resource === '' || jid.resource === this.resource;
  }

  /** What the core refuses, in a client's words. */
  private stanzaError(error: unknown): StanzaError {
    if (error instanceof StanzaError) return error;
    const code = error instanceof HearsayError ? error.code : undefined;
    if (code === 'ERR_ADDRESS') return new StanzaError('item-not-found', messageOf(error));
    if (code === 'ERR_QUOTA') return new StanzaError('resource-constraint', messageOf(error));
    if (code === 'ERR_TOO_LARGE') return new StanzaError('policy-violation', messageOf(error));
    this.person.context.log.error('a stanza failed', { jid: this.jid, code, error: messageOf(error) });
    return new StanzaError('internal-server-error');
  }
}
