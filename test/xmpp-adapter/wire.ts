/** The endpoint without sockets: what a client writes goes in, what it would read comes out, and time is turned by hand. */
import { type Element, parse } from 'ltx';
import type { Timers } from '../../src/base/index.js';
import { type Random, SILENT, seededRandom, utf8 } from '../../src/base/index.js';
import { Connection, type ConnectionHost } from '../../src/xmpp-adapter/connection.js';
import { IQ_HANDLERS } from '../../src/xmpp-adapter/handlers.js';
import { createHost } from '../../src/xmpp-adapter/host.js';
import { DEFAULT_LIMITS, type XmppLimits } from '../../src/xmpp-adapter/limits.js';
import { scramCredentials } from '../../src/xmpp-adapter/sasl/index.js';
import type { Transport } from '../../src/xmpp-adapter/transport.js';
import { FakeAccount } from '../support/fake-account.js';

export const DOMAIN = 'mesh.localhost';
export const ANA = `ana.aaaaaa@${DOMAIN}`;
export const BEN = `ben.bbbbbb@${DOMAIN}`;
export const PASSWORD = 'secret';
export const CREDENTIALS = scramCredentials(PASSWORD, utf8('0123456789abcdef'));

export const HEADER = `<?xml version='1.0'?><stream:stream to='${DOMAIN}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
export const PLAIN_AUTH = plainAuth('ana.aaaaaa', PASSWORD);

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function plainAuth(user: string, password: string): string {
  return `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${base64(`\0${user}\0${password}`)}</auth>`;
}

export class ManualTimers implements Timers {
  private time = 0;
  private readonly tasks = new Map<() => void, number>();

  now(): number {
    return this.time;
  }

  after(delayMs: number, task: () => void): () => void {
    const own = (): void => task();
    this.tasks.set(own, this.time + delayMs);
    return () => this.tasks.delete(own);
  }

  advance(ms: number): void {
    this.time += ms;
    for (const [task, at] of [...this.tasks]) {
      if (at > this.time) continue;
      this.tasks.delete(task);
      task();
    }
  }

  get pending(): number {
    return this.tasks.size;
  }
}

/** A server with one account, to which any number of clients may be wired. */
export class World {
  readonly account: FakeAccount;
  readonly timers = new ManualTimers();
  readonly random: Random = seededRandom(1);
  readonly host: ConnectionHost;

  constructor(limits: Partial<XmppLimits> = {}, account = new FakeAccount({ jid: ANA })) {
    this.account = account;
    this.host = createHost(
      {
        domain: DOMAIN,
        softwareVersion: '1.2.3',
        log: SILENT,
        random: this.random,
        timers: this.timers,
        limits: { ...DEFAULT_LIMITS, ...limits },
        handlers: IQ_HANDLERS,
        startedAt: 0,
      },
      (localpart) => (localpart === 'ana.aaaaaa' ? { account: this.account, credentials: CREDENTIALS } : undefined),
      utf8('a key for the salts of nobody'),
      () => undefined,
    );
  }

  wire(more: Partial<Pick<Transport, 'encrypted' | 'loopback'>> = {}): Wire {
    return new Wire(this, more);
  }

  /** A client that is logged in and bound; nothing of that is left to be read. */
  client(resource = 'one'): Wire {
    const wire = this.wire();
    wire.write(HEADER + PLAIN_AUTH + HEADER);
    wire.write(
      `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind></iq>`,
    );
    wire.take();
    return wire;
  }

  /** Such a client that also said that it is there. */
  async available(resource = 'one', inside = ''): Promise<Wire> {
    const wire = this.client(resource);
    await wire.say(`<presence>${inside}</presence>`);
    wire.take();
    return wire;
  }
}

/** One client, seen from its own side; below the connection it is the transport. */
export class Wire {
  ended = false;
  paused = false;
  tlsStarted = false;
  readonly connection: Connection;
  private unread = '';

  constructor(
    world: World,
    { encrypted = false, loopback = true }: Partial<Pick<Transport, 'encrypted' | 'loopback'>>,
  ) {
    const wire = this;
    const transport: Transport = {
      peer: 'test:1',
      loopback,
      get encrypted() {
        return encrypted || wire.tlsStarted;
      },
      write: (text) => {
        this.unread += text;
      },
      pause: () => {
        this.paused = true;
      },
      resume: () => {
        this.paused = false;
      },
      startTls: () => {
        this.tlsStarted = true;
      },
      end: () => {
        this.ended = true;
      },
    };
    this.connection = new Connection(world.host, transport);
  }

  write(input: string | Uint8Array): void {
    this.connection.received(typeof input === 'string' ? utf8(input) : input);
  }

  /** What came since the last time, as text. */
  take(): string {
    const text = this.unread;
    this.unread = '';
    return text;
  }

  /** What came since the last time, as stanzas. */
  stanzas(): Element[] {
    const root = parse(
      `<r xmlns='jabber:client' xmlns:stream='urn:s'>${this.take().replace('</stream:stream>', '')}</r>`,
    );
    return root.getChildElements();
  }

  /** The client writes, and everything that this sets off is done. */
  async say(input: string): Promise<Element[]> {
    this.write(input);
    await settle();
    return this.stanzas();
  }

  /** Asks, and gives the answer to just that. */
  async ask(type: 'get' | 'set', payload: string, to?: string): Promise<Element> {
    const address = to === undefined ? '' : ` to='${to}'`;
    const all = await this.say(`<iq type='${type}' id='q'${address}>${payload}</iq>`);
    const answer = all.find((stanza) => stanza.attrs.id === 'q');
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }

  /** The stream dies without a word. */
  cut(): void {
    this.connection.disconnected();
  }
}

/** Lets every promise that is already kept do its work. */
export function settle(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

/** The condition of a stanza's error. */
export function conditionOf(stanza: Element | undefined): string | undefined {
  return stanza?.getChild('error')?.getChildElements()[0]?.getName();
}

/** The condition of the stream error in what a client read. */
export function streamErrorIn(text: string): string | undefined {
  return /<stream:error><([a-z-]+) xmlns="urn:ietf:params:xml:ns:xmpp-streams"/.exec(text)?.[1];
}
