/**
 * One client's connection up to the bound resource (RFC 6120 §4 to §7). What bytes it speaks over is the transport's
 * affair.
 *
 *     phase          takes                                   then
 *     before-auth    starttls, SASL                          before-bind, on a new stream
 *     before-bind    the bind request                        bound
 *     bound          stanzas                                 (the session has them)
 *     closed         nothing
 */
import { type Element, escapeXML } from 'ltx';
import { HearsayError, type LogFields, messageOf, printable, toBase32 } from '../base/index.js';
import { StanzaError, StreamError } from './errors.js';
import { isResource } from './jid.js';
import { NS } from './namespaces.js';
import type { EdgeContext, Person } from './person.js';
import { failed, mechanismsElement, type SaslContext, SaslExchange, type SaslOutcome } from './sasl/index.js';
import type { ClientStream, Session } from './session.js';
import { badRequest, errorReply, isStanza, isStanzaName, resultReply } from './stanza.js';
import { type ParserLimits, type StreamHeader, StreamParser } from './stream-parser.js';
import type { Transport } from './transport.js';
import { el, legalText, serialise } from './xml.js';

/** What connections need of the server. */
export interface ConnectionHost {
  readonly context: EdgeContext;
  readonly sasl: SaslContext;
  /** @returns undefined when the account is gone since it logged in. */
  person(localpart: string): Person | undefined;
  /** The connection is logged in, or gone. */
  settled(connection: Connection): void;
}

type Phase = 'before-auth' | 'before-bind' | 'bound' | 'closed';

export class Connection implements ClientStream {
  private readonly host: ConnectionHost;
  private readonly transport: Transport;
  private parser: StreamParser;
  private readonly sasl: SaslExchange;
  private phase: Phase = 'before-auth';
  /** The client's header of the current stream was read, and ours sent. */
  private open = false;
  private upgrading = false;
  private authFailures = 0;
  private localpart = '';
  private session: Session | undefined;
  private stopAuthTimer: () => void = () => undefined;
  private handshaking = false;

  constructor(host: ConnectionHost, transport: Transport) {
    this.host = host;
    this.transport = transport;
    this.sasl = new SaslExchange(host.sasl);
    this.parser = this.newParser();
    this.hurry(host.context.limits.authTimeoutMs);
  }

  /** Bytes came from the client. */
  received(bytes: Uint8Array): void {
    if (this.phase === 'closed') return;
    try {
      const unread = this.parser.write(bytes);
      if (this.upgrading) this.upgrade(unread);
    } catch (error) {
      this.fail(this.streamError(error));
    }
  }

  /** The connection is gone. */
  disconnected(): void {
    this.leave();
  }

  send(element: Element): void {
    if (this.phase !== 'closed') this.transport.write(serialise(element));
  }

  setBusy(busy: boolean): void {
    if (busy) this.transport.pause();
    else this.transport.resume();
  }

  /** Ends the stream with an error (RFC 6120 §4.9.1). */
  fail(error: StreamError): void {
    if (this.phase === 'closed') return;
    this.log('an XMPP stream failed', { condition: error.condition, why: printable(error.message, 200) });
    if (!this.open) this.sendHeader();
    this.transport.write(`${serialise(error.toElement())}</stream:stream>`);
    this.leave();
    this.transport.end();
  }

  /** How long the client may take from now on. */
  private hurry(timeoutMs: number): void {
    this.stopAuthTimer();
    this.stopAuthTimer = this.host.context.timers.after(timeoutMs, () =>
      this.fail(new StreamError('connection-timeout', 'logging in took too long')),
    );
  }

  private leave(): void {
    if (this.phase === 'closed') return;
    this.phase = 'closed';
    this.stopAuthTimer();
    this.host.settled(this);
    this.session?.end();
  }

  private newParser(): StreamParser {
    return new StreamParser(this.parserLimits(), {
      header: (header) => this.onHeader(header),
      element: (element) => this.onElement(element),
      end: () => this.onEnd(),
    });
  }

  private parserLimits(): ParserLimits {
    const { limits } = this.host.context;
    const maxStanzaBytes = this.phase === 'before-auth' ? limits.maxStanzaBytesBeforeAuth : limits.maxStanzaBytes;
    return { ...limits, maxStanzaBytes };
  }

  // The stream's own opening and end

  private onHeader(header: StreamHeader): void {
    if (this.handshaking) {
      this.handshaking = false;
      this.hurry(this.host.context.limits.authTimeoutMs);
    }
    this.checkNamespaces(header);
    this.sendHeader();
    if (header.to?.toLowerCase() !== this.host.context.domain) {
      throw new StreamError('host-unknown', `this is ${this.host.context.domain}`);
    }
    const major = /^(\d{1,4})\.\d{1,4}$/.exec(header.version ?? '')?.[1];
    if (major === undefined || Number(major) < 1)
      throw new StreamError('unsupported-version', 'XMPP 1.0 is spoken here');
    this.send(this.features());
  }

  private checkNamespaces({ name, namespace, contentNamespace }: StreamHeader): void {
    if (namespace !== NS.stream) throw new StreamError('invalid-namespace', `a stream is in ${NS.stream}`);
    if (name !== 'stream') throw new StreamError('bad-format', 'the root is a stream');
    if (contentNamespace !== NS.client) throw new StreamError('invalid-namespace', `its content is in ${NS.client}`);
  }

  private sendHeader(): void {
    this.open = true;
    const { domain, random } = this.host.context;
    const id = toBase32(random.bytes(15));
    const from = escapeXML(legalText(domain));
    this.transport.write(
      `<?xml version='1.0'?><stream:stream xmlns='${NS.client}' xmlns:stream='${NS.stream}' id='${id}' ` +
        `from='${from}' version='1.0' xml:lang='en'>`,
    );
  }

  private features(): Element {
    const features = el('stream:features', {});
    if (this.phase === 'before-auth') {
      if (!this.transport.encrypted) {
        const required = this.mayAuthenticate ? undefined : el('required', {});
        features.cnode(el('starttls', { xmlns: NS.tls }, required));
      }
      if (this.mayAuthenticate) features.cnode(mechanismsElement());
    } else {
      features.cnode(el('bind', { xmlns: NS.bind }));
      features.cnode(el('session', { xmlns: NS.session }, el('optional', {})));
    }
    return features;
  }

  /** The client closed its stream (RFC 6120 §4.4): ours is closed once everything that it sent is done. */
  private onEnd(): void {
    if (this.session === undefined) this.close();
    else void this.session.drained().then(() => this.close());
  }

  private close(): void {
    if (this.phase === 'closed') return;
    this.transport.write('</stream:stream>');
    this.leave();
    this.transport.end();
  }

  // What comes inside the stream

  private onElement(element: Element): void {
    if (this.phase === 'closed') return;
    if (this.phase === 'before-auth') this.negotiate(element);
    else if (!isStanza(element)) throw unknownElement(element);
    else if (this.phase === 'before-bind') this.bind(element);
    else this.session?.receive(element);
  }

  private negotiate(element: Element): void {
    if (element.getNS() === NS.tls) this.startTls(element);
    else if (element.getNS() === NS.sasl) this.authenticate(element);
    else if (isStanza(element)) throw new StreamError('not-authorized', 'log in first');
    else throw unknownElement(element);
  }

  private startTls(element: Element): void {
    if (element.getName() !== 'starttls' || this.transport.encrypted) {
      this.send(el('failure', { xmlns: NS.tls }));
      this.close();
      this.parser.stop();
      return;
    }
    this.upgrading = true;
    this.parser.stop();
  }

  /**
   * RFC 6120 §5.4.3.3. What was sent in clear after the request could have been put there by somebody in between, to be
   * taken for the client's own once the stream is encrypted: there must be nothing.
   */
  private upgrade(unread: boolean): void {
    if (unread) throw new StreamError('policy-violation', 'nothing may follow starttls before the handshake');
    this.upgrading = false;
    this.open = false;
    this.parser = this.newParser();
    this.transport.write(serialise(el('proceed', { xmlns: NS.tls })));
    this.transport.startTls();
    this.handshaking = true;
    this.hurry(this.host.context.limits.handshakeTimeoutMs);
  }

  private get mayAuthenticate(): boolean {
    return this.transport.encrypted || this.transport.loopback;
  }

  private authenticate(element: Element): void {
    const outcome: SaslOutcome = this.mayAuthenticate ? this.sasl.handle(element) : failed('encryption-required');
    this.send(outcome.reply);
    if (outcome.kind === 'success') {
      this.localpart = outcome.localpart;
      this.phase = 'before-bind';
      this.open = false;
      this.parser.setLimits(this.parserLimits());
      this.parser.restart();
    } else if (outcome.kind === 'failure') {
      this.authFailures += 1;
      this.log('an XMPP login failed', { condition: outcome.condition, failures: this.authFailures });
      if (this.authFailures >= this.host.context.limits.maxAuthFailures) {
        throw new StreamError('policy-violation', 'too many failed logins');
      }
    }
  }

  /** RFC 6120 §7. */
  private bind(iq: Element): void {
    const request = iq.getName() === 'iq' && iq.attrs.type === 'set' ? iq.getChild('bind', NS.bind) : undefined;
    if (request === undefined) throw new StreamError('not-authorized', 'bind a resource first');
    try {
      if ((iq.attrs.id ?? '') === '') badRequest('an iq needs an id');
      const wanted = request.getChild('resource', NS.bind)?.getText() ?? '';
      if (wanted !== '' && !isResource(wanted)) badRequest('that is no resource');
      this.attach(iq, wanted === '' ? undefined : wanted);
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      this.send(errorReply(iq, error));
    }
  }

  private attach(iq: Element, resource: string | undefined): void {
    const person = this.host.person(this.localpart);
    if (person === undefined) throw new StreamError('not-authorized', 'that account is gone');
    const session = person.attach(resource, this);
    if (session === undefined) throw new StanzaError('resource-constraint', 'too many clients of yours are connected');
    this.session = session;
    this.phase = 'bound';
    this.stopAuthTimer();
    this.host.settled(this);
    this.send(resultReply(iq, el('bind', { xmlns: NS.bind }, el('jid', {}, session.jid))));
    this.log('a client is connected', { jid: session.jid, encrypted: this.transport.encrypted });
  }

  private streamError(error: unknown): StreamError {
    if (error instanceof StreamError) return error;
    const code = error instanceof HearsayError ? error.code : undefined;
    this.host.context.log.error('an XMPP connection failed', { code, error: messageOf(error) });
    return new StreamError('internal-server-error', 'something is wrong here');
  }

  private log(message: string, fields: LogFields): void {
    this.host.context.log.info(message, { peer: this.transport.peer, ...fields });
  }
}

/** RFC 6120 §4.9.3.10 and §4.9.3.24. */
function unknownElement(element: Element): StreamError {
  if (isStanzaName(element.getName())) return new StreamError('invalid-namespace', `stanzas are in ${NS.client}`);
  return new StreamError('unsupported-stanza-type', `"${printable(element.getName())}" means nothing here`);
}
