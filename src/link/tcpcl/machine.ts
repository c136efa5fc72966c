/**
 * One TCPCLv4 session (RFC 9174) as a state machine: events in, actions out; no socket, no timer, no clock.
 *
 * | state       | waits for                       | leaves it for                                             |
 * | ----------- | ------------------------------- | --------------------------------------------------------- |
 * | opening     | contact headers, TLS, SESS_INIT | established; closed when `opening.ts` says so             |
 * | established | segments, acks, frames          | ending on SESS_TERM from either side or when it goes idle |
 * | ending      | transfers that had begun        | closed when both said goodbye and all is settled, or late |
 * | closed      | nothing                         |                                                           |
 *
 * After `up` the machine reads nothing more until `release`: whoever owns it first decides whether it wants the session.
 */
import { DecodeError, messageOf } from '../../base/index.js';
import type { DownReason } from '../types.js';
import { MessageType, RefuseReason, RejectReason, TermFlag, TermReason } from './codes.js';
import { contactHeader } from './contact.js';
import { type StreamItem, streamDecoder } from './decoder.js';
import { IncomingTransfers, type Reaction } from './incoming.js';
import type { SessionLimits } from './limits.js';
import type { MachineOptions, SessionAction, SessionEvent } from './machine-events.js';
import { encodeMessage, type TcpclMessage } from './messages.js';
import type { SessionTerms } from './negotiation.js';
import { Opening, type OpeningStep } from './opening.js';
import { NOT_BEGUN, OutgoingTransfers, type Settled, type Token } from './outgoing.js';

type State =
  | { readonly name: 'opening' }
  | { readonly name: 'established' }
  | { readonly name: 'ending'; readonly reason: DownReason; readonly peerSaidSo: boolean; readonly until: number }
  | { readonly name: 'closed' };

export class SessionMachine {
  readonly #options: MachineOptions;
  readonly #limits: SessionLimits;
  readonly #decoder = streamDecoder('contact');
  readonly #incoming: IncomingTransfers;
  readonly #outgoing: OutgoingTransfers;
  #state: State = { name: 'opening' };
  #opening: Opening;
  #terms: SessionTerms | undefined;
  #actions: SessionAction[] = [];
  #held = false;
  #reading = true;
  #unflushed = 0;
  #now = 0;
  #lastSent = 0;
  #lastReceived = 0;
  /** When something was last acknowledged, or the first unacknowledged transfer began. */
  #lastProgress = 0;
  #heardFromPeer = false;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#limits = options.limits;
    this.#opening = new Opening(options, this.#decoder, 0);
    this.#incoming = new IncomingTransfers(options.limits, options.budget);
    this.#outgoing = new OutgoingTransfers(options.limits);
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  get bufferedBytes(): number {
    return this.#unflushed + this.#outgoing.unsentBytes;
  }

  /** How long nothing has been heard though we listened. */
  silenceMs(now: number): number {
    return this.#reading && !this.#held ? now - this.#lastReceived : 0;
  }

  /** True once our SESS_INIT is out: a peer that hangs up now may have choked on it. */
  get saidHello(): boolean {
    return this.#opening.saidHello;
  }

  /** True once the peer said anything after its SESS_INIT but goodbye. */
  get heardFromPeer(): boolean {
    return this.#heardFromPeer;
  }

  /** True when a bundle that is sent now begins at once. */
  get ready(): boolean {
    const isRoom = this.#unflushed < this.#limits.unflushedBytes;
    return this.#state.name === 'established' && isRoom && this.#outgoing.ready;
  }

  takesFrame(length: number): boolean {
    const isOpen = this.#state.name === 'established' && this.#terms?.gossip !== undefined;
    return isOpen && this.#unflushed + length <= this.#limits.frameBacklogBytes;
  }

  /** When a `time` event is due, or undefined for never. */
  get deadline(): number | undefined {
    switch (this.#state.name) {
      case 'opening':
        return this.#opening.deadline;
      case 'established': {
        const keepaliveMs = this.#terms?.keepaliveMs ?? 0;
        let due = this.#outgoing.idle ? Number.POSITIVE_INFINITY : this.#lastProgress + this.#limits.stallMs;
        if (keepaliveMs > 0) due = Math.min(due, this.#lastSent + keepaliveMs);
        if (keepaliveMs > 0 && this.#reading) due = Math.min(due, this.#lastReceived + 2 * keepaliveMs);
        return Number.isFinite(due) ? due : undefined;
      }
      case 'ending':
        return this.#state.until;
      case 'closed':
        break;
    }
    return undefined;
  }

  handle(event: SessionEvent, now: number): readonly SessionAction[] {
    this.#now = now;
    this.#apply(event);
    this.#readOn();
    this.#pump();
    this.#finishEnding();
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  #apply(event: SessionEvent): void {
    if (this.#state.name === 'closed') {
      if (event.type === 'send') this.#settle({ token: event.token, outcome: NOT_BEGUN });
      return;
    }
    switch (event.type) {
      case 'open':
        this.#lastReceived = this.#now;
        this.#opening = new Opening(this.#options, this.#decoder, this.#now);
        this.#open(this.#opening.begin());
        break;
      case 'bytes':
        this.#lastReceived = this.#now;
        this.#decoder.push(event.bytes);
        break;
      case 'secured':
        if (this.#state.name === 'opening') this.#open(this.#opening.onSecured(event.secured));
        break;
      case 'flushed':
        this.#unflushed -= event.length;
        break;
      case 'lost':
        this.#close(this.#state.name === 'ending' ? this.#state.reason : 'lost', 'the connection is gone', false);
        break;
      case 'time':
        this.#onTime();
        break;
      case 'release':
        this.#held = false;
        break;
      case 'send':
        this.#onSend(event.token, event.bytes);
        break;
      case 'send-frame':
        if (this.takesFrame(event.bytes.length)) this.#send({ type: 'gossip', body: event.bytes });
        break;
      case 'accept':
        this.#reply(this.#incoming.accept(event.transferId));
        break;
      case 'refuse':
        this.#reply(this.#incoming.refuse(event.transferId, event.reason));
        break;
      case 'probe':
        if (this.#state.name === 'established') this.#send({ type: 'probe', answer: false });
        break;
      case 'terminate':
        this.#terminate(event.code, event.reason, event.drainMs);
        break;
    }
  }

  #onSend(token: Token, bytes: Uint8Array): void {
    if (this.#terms === undefined) {
      this.#settle({ token, outcome: NOT_BEGUN });
    } else if (bytes.length > this.#terms.peerTransferBytes) {
      // The peer would only refuse it, after we sent some of it.
      this.#settle({ token, outcome: { outcome: 'refused', reason: RefuseReason.NotAcceptable } });
    } else {
      // On a session that is ending it never begins, and is cut at the end: told at once, a caller might try for ever.
      this.#outgoing.enqueue(token, bytes);
    }
  }

  #onTime(): void {
    const state = this.#state;
    if (this.#now < (this.deadline ?? Number.POSITIVE_INFINITY)) return;
    if (state.name === 'opening') {
      this.#open(this.#opening.onTime());
    } else if (state.name === 'ending') {
      this.#close(state.reason, 'some transfers did not finish in time', true);
    } else if (state.name === 'established') {
      this.#onQuiet(this.#terms?.keepaliveMs ?? 0);
    }
  }

  #onQuiet(keepaliveMs: number): void {
    if (keepaliveMs > 0 && this.#reading && this.#now >= this.#lastReceived + 2 * keepaliveMs) {
      this.#send({ type: 'sess-term', flags: 0, reason: TermReason.IdleTimeout });
      this.#close('idle', `nothing was heard for ${2 * keepaliveMs} ms`, false);
      return;
    }
    if (!this.#outgoing.idle && this.#now >= this.#lastProgress + this.#limits.stallMs) {
      this.#send({ type: 'sess-term', flags: 0, reason: TermReason.IdleTimeout });
      this.#close('stalled', 'the peer acknowledges nothing', false);
      return;
    }
    if (keepaliveMs > 0 && this.#now >= this.#lastSent + keepaliveMs) this.#send({ type: 'keepalive' });
  }

  /** Takes items from the decoder for as long as somebody wants them. */
  #readOn(): void {
    try {
      while (this.#mayRead()) {
        if (this.#state.name === 'opening') this.#open(this.#opening.onNext(this.#decoder.nextType));
        if (!this.#mayRead()) break;
        const item = this.#decoder.next();
        if (item === undefined) break;
        this.#onItem(item);
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#onUndecodable(error);
    }
    this.#setReading(!this.#held && !this.#incoming.full);
  }

  #mayRead(): boolean {
    const { name } = this.#state;
    const isSecuring = name === 'opening' && this.#opening.name === 'securing';
    return name !== 'closed' && !isSecuring && !this.#held && !this.#incoming.full;
  }

  #setReading(on: boolean): void {
    if (on === this.#reading || this.#state.name === 'closed') return;
    this.#reading = on;
    // What we did not read does not count as silence.
    if (on) this.#lastReceived = this.#now;
    this.#actions.push({ type: 'read', on });
  }

  #onItem(item: StreamItem): void {
    switch (this.#state.name) {
      case 'opening':
        this.#open(this.#opening.onItem(item, this.#now));
        break;
      case 'established':
      case 'ending':
        this.#onSessionItem(item);
        break;
      case 'closed':
        break;
    }
  }

  /** Contact headers, TLS and SESS_INIT say what comes next. */
  #open(steps: readonly OpeningStep[]): void {
    for (const step of steps) {
      switch (step.type) {
        case 'send':
          this.#send(step.message);
          break;
        case 'start-tls':
          this.#actions.push(step);
          break;
        case 'establish':
          this.#terms = step.terms;
          this.#state = { name: 'established' };
          this.#held = true;
          this.#actions.push({ type: 'up', terms: step.terms });
          break;
        case 'close':
          this.#close(step.reason, step.detail, step.graceful);
      }
    }
  }

  #onSessionItem(item: StreamItem): void {
    if (item.type !== 'sess-term') this.#heardFromPeer = true;
    switch (item.type) {
      case 'segment-begin':
        this.#react(this.#incoming.begin(item, this.#state.name === 'established', this.#now));
        break;
      case 'segment-data':
        this.#react(this.#incoming.data(item.data));
        break;
      case 'segment-end':
        this.#react(this.#incoming.end(this.#now));
        break;
      case 'xfer-ack':
        this.#onSettlement(this.#outgoing.acknowledge(item));
        break;
      case 'xfer-refuse':
        this.#onSettlement(this.#outgoing.refused(item));
        break;
      case 'keepalive':
        break;
      case 'gossip':
        this.#actions.push({ type: 'frame', bytes: item.body });
        break;
      case 'probe':
        if (item.answer) this.#actions.push({ type: 'alive' });
        else this.#send({ type: 'probe', answer: true });
        break;
      case 'sess-term':
        this.#onTerm((item.flags & TermFlag.Reply) !== 0, item.reason);
        break;
      case 'msg-reject':
        this.#onRejected(item.rejectedType);
        break;
      case 'sess-init':
      case 'contact':
        this.#reject(RejectReason.Unexpected);
        break;
    }
  }

  #onSettlement(result: Settled | 'progress' | 'unexpected'): void {
    if (result === 'unexpected') {
      this.#reject(RejectReason.Unexpected);
      return;
    }
    this.#lastProgress = this.#now;
    if (result !== 'progress') this.#settle(result);
  }

  #onTerm(isReply: boolean, code: number): void {
    const state = this.#state;
    if (state.name === 'ending') {
      if (!isReply && !state.peerSaidSo) this.#send({ type: 'sess-term', flags: TermFlag.Reply, reason: code });
      this.#state = { ...state, peerSaidSo: true };
      return;
    }
    // A reply to a goodbye that we never said is still a goodbye.
    this.#send({ type: 'sess-term', flags: TermFlag.Reply, reason: code });
    const until = this.#now + this.#limits.drainMs;
    this.#state = { name: 'ending', reason: 'terminated-by-peer', peerSaidSo: true, until };
  }

  /** The peer did not understand us. Small answers may cross a refusal and are harmless; the rest is fatal. */
  #onRejected(type: number): void {
    const harmless: readonly number[] = [MessageType.XferAck, MessageType.XferRefuse, MessageType.Keepalive];
    if (harmless.includes(type)) return;
    this.#terminate(TermReason.Unknown, 'protocol-error', 0);
  }

  #onUndecodable(error: DecodeError): void {
    if (error.code === 'ERR_TCPCL_VERSION') {
      const policy = this.#options.security?.policy ?? 'off';
      if (this.#options.role === 'passive') this.#send(contactHeader(policy));
      this.#send({ type: 'sess-term', flags: 0, reason: TermReason.VersionMismatch });
    } else if (error.code === 'ERR_TCPCL_TYPE') {
      this.#reject(RejectReason.TypeUnknown);
    } else if (error.code !== 'ERR_TCPCL_MAGIC') {
      this.#reject(RejectReason.Unsupported);
    }
    this.#close('protocol-error', messageOf(error), true);
  }

  #terminate(code: TermReason, reason: DownReason, drainMs: number): void {
    const state = this.#state;
    if (state.name === 'ending') {
      this.#state = { ...state, until: Math.min(state.until, this.#now + drainMs) };
      return;
    }
    if (state.name !== 'established') {
      if (this.#opening.mayTalk) this.#send({ type: 'sess-term', flags: 0, reason: code });
      this.#close(reason, 'ended before it began', true);
      return;
    }
    this.#send({ type: 'sess-term', flags: 0, reason: code });
    this.#held = false;
    this.#state = { name: 'ending', reason, peerSaidSo: false, until: this.#now + drainMs };
  }

  #finishEnding(): void {
    const state = this.#state;
    if (state.name !== 'ending') return;
    const isOver = state.peerSaidSo && this.#outgoing.idle && this.#incoming.idle;
    if (isOver) this.#close(state.reason, 'ended in order', true);
    else if (this.#now >= state.until) this.#close(state.reason, 'some transfers did not finish in time', true);
  }

  #close(reason: DownReason, detail: string, graceful: boolean): void {
    for (const settled of this.#outgoing.cutAll()) this.#settle(settled);
    const cut = this.#incoming.takeCut(this.#now);
    if (cut !== undefined) this.#actions.push({ type: 'cut', ...cut });
    this.#incoming.release();
    this.#state = { name: 'closed' };
    this.#actions.push({ type: 'closed', reason, detail, graceful });
  }

  /** Makes segments while the connection takes them: what waits in memory stays one segment long. */
  #pump(): void {
    const terms = this.#terms;
    const isOpen = this.#state.name === 'established' || this.#state.name === 'ending';
    while (isOpen && terms !== undefined && this.#unflushed < this.#limits.unflushedBytes) {
      const wasIdle = this.#outgoing.idle;
      const segment = this.#outgoing.nextSegment(terms, this.#state.name === 'established');
      if (segment === undefined) return;
      if (wasIdle) this.#lastProgress = this.#now;
      for (const part of segment) this.#write(part);
    }
  }

  #react(reaction: Reaction): void {
    if (reaction.type === 'reply') this.#send(reaction.message);
    else if (reaction.type === 'unexpected') this.#reject(RejectReason.Unexpected);
    else if (reaction.type === 'complete') {
      const { transferId, bytes, tookMs } = reaction;
      this.#actions.push({ type: 'transfer', transferId, bytes, tookMs });
    }
  }

  #reply(message: TcpclMessage | undefined): void {
    if (message !== undefined) this.#send(message);
  }

  #reject(reason: RejectReason): void {
    this.#send({ type: 'msg-reject', reason, rejectedType: this.#decoder.messageType });
  }

  #send(message: TcpclMessage): void {
    this.#write(encodeMessage(message));
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#unflushed += bytes.length;
    this.#lastSent = this.#now;
    this.#actions.push({ type: 'write', bytes });
  }

  #settle(settled: Settled): void {
    this.#actions.push({ type: 'settled', ...settled });
  }
}
