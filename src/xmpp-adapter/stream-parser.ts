/**
 * Bytes in, whole stanzas out (RFC 6120 §4, §11). saxes checks that the XML is well formed and its namespaces are
 * bound; what XMPP forbids on top of that, and what would cost too much, is refused here.
 *
 * The trees that come out are in a normal form: local names only, `xmlns` wherever the namespace differs from the
 * parent's, attributes in a namespace dropped but for `xml:`, and nothing that is in no namespace at all (ltx can't
 * express it, and no protocol of ours uses it).
 *
 * A stanza comes out only once its closing tag was checked too: saxes reports the element first and the mismatch
 * after, so each one is held until the parser goes on or the input ends.
 */
import { Element } from 'ltx';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { messageOf } from '../base/index.js';
import { StreamError } from './errors.js';

/** The opening tag of a stream. Undefined: the attribute was not there. */
export interface StreamHeader {
  readonly name: string;
  readonly namespace: string;
  readonly contentNamespace: string | undefined;
  readonly to: string | undefined;
  readonly from: string | undefined;
  readonly version: string | undefined;
}

export interface StreamEvents {
  header(header: StreamHeader): void;
  /** A child of the root, complete. */
  element(element: Element): void;
  /** The root was closed. */
  end(): void;
}

export interface ParserLimits {
  readonly maxStanzaBytes: number;
  readonly maxDepth: number;
  readonly maxAttributes: number;
  readonly maxElements: number;
}

type Ready =
  | { readonly kind: 'element'; readonly element: Element; readonly at: number }
  | { readonly kind: 'end'; readonly at: number };

/** How much saxes is given at a time: a limit is noticed at most this late. */
const PIECE_BYTES = 16 * 1024;

/** Thrown through saxes to leave it in the middle of a piece; never seen outside. */
const LEAVE = Symbol('leave the parser');

/** Named entities that XML itself defines; saxes' own table would also answer to `&constructor;`. */
const FIVE_ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const LEADING_SPACE = /^[ \t\r\n]+/;

export class StreamParser {
  private readonly events: StreamEvents;
  private limits: ParserLimits;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private saxes: SaxesParser<{ xmlns: true }>;
  private next: 'go on' | 'restart' | 'stop' = 'go on';
  private ready: Ready | undefined;

  private depth = 0;
  private attributes = 0;
  private elements = 0;
  private current: Element | undefined;
  /** Depth of the element in no namespace that we are inside of; 0 when there is none. */
  private skippedFrom = 0;

  /** Positions count UTF-16 units from the start of this stream. */
  private fed = 0;
  private text = '';
  private boundary = 0;
  private bytesBeforeText = 0;

  constructor(limits: ParserLimits, events: StreamEvents) {
    this.limits = limits;
    this.events = events;
    this.saxes = this.newSaxes();
  }

  setLimits(limits: ParserLimits): void {
    this.limits = limits;
  }

  /** To be called by an event's receiver: what follows is a new stream (RFC 6120 §4.3.3). */
  restart(): void {
    this.next = 'restart';
  }

  /** To be called by an event's receiver: nothing that follows is read. */
  stop(): void {
    this.next = 'stop';
  }

  /**
   * @returns whether anything but whitespace was left unread after {@link stop}.
   * @throws StreamError
   */
  write(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      let rest = this.decode(bytes.subarray(at, at + PIECE_BYTES));
      while (rest !== '' && this.next !== 'stop') rest = this.feed(rest);
      if (this.next === 'stop') return rest.trim() !== '' || at + PIECE_BYTES < bytes.length;
    }
    return false;
  }

  private decode(bytes: Uint8Array): string {
    try {
      return this.decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw new StreamError('not-well-formed', `the input is not UTF-8: ${messageOf(cause)}`);
    }
  }

  /** @returns what saxes was not given, because the stream ended inside the text. */
  private feed(whole: string): string {
    const text = this.betweenStanzas() ? whole.replace(LEADING_SPACE, '') : whole;
    if (text === '') return '';
    this.text = text;
    this.fed += text.length;
    try {
      this.saxes.write(text);
      this.release();
    } catch (error) {
      if (error !== LEAVE) throw error;
      return this.leave();
    }
    this.count(this.fed);
    return '';
  }

  private leave(): string {
    const rest = this.text.slice(this.text.length - (this.fed - this.boundary));
    if (this.next === 'restart') {
      this.next = 'go on';
      this.saxes = this.newSaxes();
      this.depth = 0;
      this.fed = 0;
      this.boundary = 0;
      this.bytesBeforeText = 0;
    }
    return rest;
  }

  /** Keepalive whitespace (RFC 6120 §4.6.1) never reaches saxes, which would pile it up. */
  private betweenStanzas(): boolean {
    return this.depth <= 1 && this.boundary === this.fed;
  }

  /** Adds what was read up to `position` to the stanza's size. */
  private count(position: number): void {
    const start = this.fed - this.text.length;
    const from = Math.max(this.boundary, start) - start;
    this.bytesBeforeText += Buffer.byteLength(this.text.slice(from, position - start));
    if (this.bytesBeforeText > this.limits.maxStanzaBytes) {
      throw new StreamError('policy-violation', `a stanza may have ${this.limits.maxStanzaBytes} bytes here`);
    }
  }

  private endStanza(position: number): void {
    this.count(position);
    this.boundary = position;
    this.bytesBeforeText = 0;
    this.elements = 0;
  }

  /** Hands on what was complete, now that its closing tag is known to fit. */
  private release(): void {
    const ready = this.ready;
    if (ready === undefined) return;
    this.ready = undefined;
    this.endStanza(ready.at);
    if (ready.kind === 'element') this.events.element(ready.element);
    else {
      this.next = 'stop';
      this.events.end();
    }
    if (this.next !== 'go on') throw LEAVE;
  }

  private newSaxes(): SaxesParser<{ xmlns: true }> {
    const saxes = new SaxesParser({ xmlns: true, position: false, defaultXMLVersion: '1.0', forceXMLVersion: true });
    saxes.ENTITIES = Object.assign(Object.create(null), FIVE_ENTITIES);
    saxes.on('error', (error) => this.onError(error));
    saxes.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') {
        throw new StreamError('unsupported-encoding', 'a stream is in UTF-8');
      }
    });
    saxes.on('doctype', () => this.refuse('a document type declaration'));
    saxes.on('comment', () => this.refuse('a comment'));
    saxes.on('processinginstruction', () => this.refuse('a processing instruction'));
    saxes.on('opentagstart', () => {
      this.release();
      this.attributes = 0;
    });
    saxes.on('attribute', () => {
      this.attributes += 1;
      if (this.attributes > this.limits.maxAttributes) {
        throw new StreamError('policy-violation', `an element may have ${this.limits.maxAttributes} attributes`);
      }
    });
    saxes.on('opentag', (tag) => this.onOpen(tag));
    saxes.on('closetag', () => this.onClose());
    saxes.on('text', (text) => this.onText(text));
    saxes.on('cdata', (text) => this.onText(text));
    return saxes;
  }

  private onError(error: Error): never {
    // A mismatched closing tag is reported where the element ended; anything later concerns what comes after it.
    if (this.ready !== undefined && this.saxes.position > this.ready.at) this.release();
    this.ready = undefined;
    if (/undefined entity|doctype declaration/.test(error.message)) {
      throw new StreamError('restricted-xml', messageOf(error));
    }
    throw new StreamError('not-well-formed', messageOf(error));
  }

  private refuse(what: string): never {
    this.release();
    throw new StreamError('restricted-xml', `${what} has no place in a stream`);
  }

  private onOpen(tag: SaxesTagNS): void {
    this.depth += 1;
    this.elements += 1;
    if (this.depth > this.limits.maxDepth) {
      throw new StreamError('policy-violation', `elements may be ${this.limits.maxDepth} deep`);
    }
    if (this.elements > this.limits.maxElements) {
      throw new StreamError('policy-violation', `a stanza may have ${this.limits.maxElements} elements`);
    }
    if (this.depth === 1) {
      this.endStanza(this.saxes.position);
      this.events.header(headerOf(tag));
      return;
    }
    if (this.skippedFrom > 0) return;
    if (tag.uri === '' && this.depth > 2) {
      this.skippedFrom = this.depth;
      return;
    }
    const element = elementOf(tag, this.current);
    this.current?.cnode(element);
    this.current = element;
  }

  private onClose(): void {
    this.release();
    this.depth -= 1;
    if (this.depth === 0) {
      this.ready = { kind: 'end', at: this.saxes.position };
      return;
    }
    if (this.skippedFrom > 0) {
      if (this.depth < this.skippedFrom) this.skippedFrom = 0;
      return;
    }
    const element = this.current;
    if (element === undefined) return;
    this.current = element.parent ?? undefined;
    if (this.depth === 1) this.ready = { kind: 'element', element, at: this.saxes.position };
  }

  private onText(text: string): void {
    this.release();
    if (this.current !== undefined) {
      if (this.skippedFrom === 0) this.current.children.push(text);
    } else if (this.depth === 1 && text.trim() !== '') {
      throw new StreamError('bad-format', 'text between stanzas');
    }
  }
}

function headerOf(tag: SaxesTagNS): StreamHeader {
  const attribute = (name: string): string | undefined => tag.attributes[name]?.value;
  return {
    name: tag.local,
    namespace: tag.uri,
    contentNamespace: tag.ns[''],
    to: attribute('to'),
    from: attribute('from'),
    version: attribute('version'),
  };
}

function elementOf(tag: SaxesTagNS, parent: Element | undefined): Element {
  const element = new Element(tag.local);
  if (tag.uri !== parent?.getNS()) element.attrs.xmlns = tag.uri;
  for (const { name, prefix, value } of Object.values(tag.attributes)) {
    if ((prefix === '' && name !== 'xmlns') || prefix === 'xml') element.attrs[name] = value;
  }
  return element;
}
