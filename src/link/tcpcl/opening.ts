/**
 * How a session begins (RFC 9174 §4): contact headers, TLS, SESS_INIT. Pure; the machine carries out the steps.
 *
 * | state    | waits for                 | leaves it for                                        |
 * | -------- | ------------------------- | ---------------------------------------------------- |
 * | contact  | the peer's contact header | securing or init; the end on a bad header            |
 * | securing | the TLS handshake         | init; the end when it fails                          |
 * | init     | the peer's SESS_INIT      | settling or established; the end without agreement   |
 * | settling | what the peer says next   | established; the end when it goes away instead       |
 *
 * Settling is for peers that may choke on our gossip offer. Some send their SESS_INIT before they have read ours, and die of
 * it a moment later; without the wait every dial would make a neighbour that is gone at once.
 */
import { invariant } from '../../base/index.js';
import type { Secured } from '../connection.js';
import type { TlsPolicy } from '../security/index.js';
import type { DownReason } from '../types.js';
import { MessageType, RejectReason, TermFlag, TermReason } from './codes.js';
import { afterContact, contactHeader, tlsChannel } from './contact.js';
import type { StreamDecoder, StreamItem } from './decoder.js';
import type { MachineOptions } from './machine-events.js';
import type { SessInit, TcpclMessage } from './messages.js';
import { type Channel, gossipOfferOf, negotiate, offerInit, type SessionTerms } from './negotiation.js';

export type OpeningStep =
  | { readonly type: 'send'; readonly message: TcpclMessage }
  | { readonly type: 'start-tls'; readonly early: Uint8Array }
  | { readonly type: 'establish'; readonly terms: SessionTerms }
  | { readonly type: 'close'; readonly reason: DownReason; readonly detail: string; readonly graceful: boolean };

type State =
  | { readonly name: 'contact' }
  | { readonly name: 'securing' }
  | { readonly name: 'init'; readonly channel: Channel }
  | { readonly name: 'settling'; readonly terms: SessionTerms; readonly until: number };

/** What a peer says that did not take our SESS_INIT. */
const LAST_WORDS: ReadonlySet<number> = new Set([MessageType.SessTerm, MessageType.MsgReject]);

export class Opening {
  /** True once our SESS_INIT is out. */
  saidHello = false;
  readonly #options: MachineOptions;
  readonly #decoder: StreamDecoder;
  readonly #openedAt: number;
  #state: State = { name: 'contact' };

  constructor(options: MachineOptions, decoder: StreamDecoder, now: number) {
    this.#options = options;
    this.#decoder = decoder;
    this.#openedAt = now;
  }

  get name(): State['name'] {
    return this.#state.name;
  }

  /** True while the connection may still be told goodbye: not before the peer speaks TCPCL, nor during a handshake. */
  get mayTalk(): boolean {
    return this.saidHello || this.#state.name === 'init';
  }

  get deadline(): number {
    const { contactTimeoutMs } = this.#options.limits;
    return this.#state.name === 'settling' ? this.#state.until : this.#openedAt + contactTimeoutMs;
  }

  begin(): OpeningStep[] {
    return this.#options.role === 'active' ? [this.#contact()] : [];
  }

  /** The deadline has come. */
  onTime(): OpeningStep[] {
    const state = this.#state;
    if (state.name === 'settling') return [{ type: 'establish', terms: state.terms }];
    return [close('contact-timeout', 'no session within the contact timeout', false)];
  }

  onSecured(secured: Secured): OpeningStep[] {
    const { security } = this.#options;
    if (this.#state.name !== 'securing' || security === undefined) return [];
    return secured.ok ? this.#beginInit(tlsChannel(secured, security)) : [close('tls-failed', secured.why, false)];
  }

  /** Looks at what comes next without taking it: a peer that goes on to something else has taken our SESS_INIT. */
  onNext(nextType: number | undefined): OpeningStep[] {
    const state = this.#state;
    if (state.name !== 'settling' || nextType === undefined || LAST_WORDS.has(nextType)) return [];
    return [{ type: 'establish', terms: state.terms }];
  }

  onItem(item: StreamItem, now: number): OpeningStep[] {
    const state = this.#state;
    switch (state.name) {
      case 'contact':
        return item.type === 'contact' ? this.#onContact(item.flags) : [];
      case 'securing':
        return [];
      case 'init':
        return item.type === 'sess-init' ? this.#onInit(item, state.channel, now) : this.#onInstead(item);
      case 'settling':
        return this.#onInstead(item);
    }
  }

  #onContact(flags: number): OpeningStep[] {
    const { role } = this.#options;
    const answer = role === 'passive' ? [this.#contact()] : [];
    const agreed = afterContact(role, this.#policy, flags);
    switch (agreed.next) {
      case 'tls':
        this.#state = { name: 'securing' };
        // What came behind the header is the peer's half of the handshake. Read as messages it would be words in clear
        // that pass for words in TLS.
        return [...answer, { type: 'start-tls', early: this.#decoder.takePending() }];
      case 'plain':
        return [...answer, ...this.#beginInit(agreed.channel)];
      case 'refuse':
        return [...answer, TERM_CONTACT_FAILURE, close('contact-failure', agreed.why, true)];
    }
  }

  #beginInit(channel: Channel): OpeningStep[] {
    const { role, offer } = this.#options;
    this.#state = { name: 'init', channel };
    return role === 'active' ? [this.#init(offer)] : [];
  }

  #onInit(peer: SessInit, channel: Channel, now: number): OpeningStep[] {
    const { role, offer, limits } = this.#options;
    const steps: OpeningStep[] = [];
    if (role === 'passive') {
      // Ours goes out only in answer to theirs: some peers fail on any extension that they did not ask for.
      const asked = gossipOfferOf(peer);
      const isMutual = offer !== undefined && asked !== undefined;
      steps.push(this.#init(isMutual ? { ...offer, dialNumber: asked.dialNumber } : undefined));
    }
    const agreed = negotiate(peer, limits, offer !== undefined, channel);
    if (!agreed.ok)
      return [...steps, TERM_CONTACT_FAILURE, close(agreed.reason ?? 'contact-failure', agreed.why, true)];
    const { terms } = agreed;
    if (terms.gossip !== undefined) this.#decoder.allowGossip();
    const mayChoke = role === 'active' && offer !== undefined && terms.gossip === undefined;
    if (!mayChoke) return [...steps, { type: 'establish', terms }];
    this.#state = { name: 'settling', terms, until: now + limits.settleMs };
    return steps;
  }

  /** Anything but the SESS_INIT that we wait for. */
  #onInstead(item: StreamItem): OpeningStep[] {
    switch (item.type) {
      case 'sess-term': {
        const reply = { type: 'sess-term', flags: TermFlag.Reply, reason: item.reason } as const;
        return [{ type: 'send', message: reply }, close('terminated-by-peer', `reason ${item.reason}`, true)];
      }
      case 'msg-reject':
        return [close('contact-failure', 'the peer rejected SESS_INIT', true)];
      case 'keepalive':
      case 'segment-data':
      case 'segment-end':
        return [];
      default: {
        const rejectedType = this.#decoder.messageType;
        return [{ type: 'send', message: { type: 'msg-reject', reason: RejectReason.Unexpected, rejectedType } }];
      }
    }
  }

  get #policy(): TlsPolicy {
    return this.#options.security?.policy ?? 'off';
  }

  #contact(): OpeningStep {
    return { type: 'send', message: contactHeader(this.#policy) };
  }

  #init(offer: MachineOptions['offer']): OpeningStep {
    invariant(this.#state.name === 'init', 'SESS_INIT follows the contact headers');
    this.saidHello = true;
    return { type: 'send', message: offerInit(this.#options.nodeEid, this.#options.limits, offer) };
  }
}

const TERM_CONTACT_FAILURE: OpeningStep = {
  type: 'send',
  message: { type: 'sess-term', flags: 0, reason: TermReason.ContactFailure },
};

function close(reason: DownReason, detail: string, graceful: boolean): OpeningStep {
  return { type: 'close', reason, detail, graceful };
}
