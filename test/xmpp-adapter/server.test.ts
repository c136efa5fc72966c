/** The endpoint over real sockets: TLS, and clients that mean no good. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SILENT, seededRandom, wallTimeMs } from '../../src/base/index.js';
import { systemTimers } from '../../src/link/index.js';
import {
  generateCertificate,
  type NodeCertificate,
  startXmppServer,
  type XmppLimits,
  type XmppServer,
} from '../../src/xmpp-adapter/index.js';
import { FakeAccount } from '../support/fake-account.js';
import { ANA, BEN, CREDENTIALS, DOMAIN, HEADER, PLAIN_AUTH, streamErrorIn } from './wire.js';

const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const BIND = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>";
const LOGIN = `${HEADER + PLAIN_AUTH + HEADER + BIND}<presence/>`;

let certificate: NodeCertificate;
let account: FakeAccount;
let server: XmppServer | undefined;
const sockets: Socket[] = [];

beforeAll(async () => {
  certificate = await generateCertificate({ domain: DOMAIN, now: wallTimeMs(Date.UTC(2024, 0, 1)) });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.stop();
  server = undefined;
});

async function start(limits: Partial<XmppLimits> = {}): Promise<XmppServer> {
  account = new FakeAccount({ jid: ANA });
  server = await startXmppServer({
    timers: systemTimers(),
    listen: { host: '127.0.0.1', port: 0 },
    domain: DOMAIN,
    accounts: (localpart) => (localpart === 'ana.aaaaaa' ? { account, credentials: CREDENTIALS } : undefined),
    tls: certificate,
    log: SILENT,
    random: seededRandom(3),
    limits,
  });
  return server;
}

/** A raw client: what it read so far, and waiting for more of it. */
class Raw {
  text = '';
  closed = false;
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    sockets.push(socket);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.text += text;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
    });
  }

  /** @throws when the connection is closed before the text fits. */
  until(pattern: RegExp | 'closed'): Promise<string> {
    return new Promise((done, fail) => {
      const check = (): void => {
        const fits = pattern === 'closed' ? this.closed : pattern.test(this.text);
        if (!fits && !this.closed) return;
        this.socket.off('data', check).off('close', check);
        if (fits) done(this.text);
        else fail(new Error(`closed before ${String(pattern)}: ${this.text.slice(-500)}`));
      };
      this.socket.on('data', check).on('close', check);
      check();
    });
  }
}

async function dial({ address }: XmppServer): Promise<Raw> {
  const socket = connect(address.port, address.host);
  await once(socket, 'connect');
  return new Raw(socket);
}

async function logIn(to: XmppServer): Promise<Raw> {
  const client = await dial(to);
  client.socket.write(LOGIN);
  await client.until(/<presence /);
  return client;
}

describe('the server', () => {
  it('speaks TLS with a certificate that its authority vouches for', async () => {
    const raw = await dial(await start());
    raw.socket.write(HEADER + STARTTLS);
    await raw.until(/<proceed/);
    raw.socket.removeAllListeners('data');
    const secure: TLSSocket = connectTls({ socket: raw.socket, ca: certificate.authority, servername: DOMAIN });
    await once(secure, 'secureConnect');
    expect(secure.authorized).toBe(true);
    expect(secure.getProtocol()).toBe('TLSv1.3');
    const client = new Raw(secure);
    secure.write(LOGIN);
    expect(await client.until(/<presence /)).not.toContain('<starttls');
  });

  it('closes a connection that speaks no TLS after proceed', async () => {
    const raw = await dial(await start());
    raw.socket.write(HEADER + STARTTLS);
    await raw.until(/<proceed/);
    raw.socket.write(LOGIN);
    await raw.until('closed');
    expect(raw.text).not.toContain('<success');
    expect(account.presences).toEqual([]);
  });

  it('refuses what is slipped in together with starttls', async () => {
    const raw = await dial(await start());
    raw.socket.write(HEADER + STARTTLS + PLAIN_AUTH);
    await raw.until('closed');
    expect(streamErrorIn(raw.text)).toBe('policy-violation');
    expect(raw.text).not.toContain('<proceed');
  });

  it('serves a good client beside many bad ones', async () => {
    const running = await start();
    const good = await logIn(running);
    const other = LOGIN.replace('>r<', '>other<');
    const bad = [
      `${HEADER}${'<a>'.repeat(100)}`,
      '<!DOCTYPE x>',
      `${HEADER}\u0000`,
      'GET /',
      `${other}</message>`,
      `${other}<message to='${BEN}'><body>`,
    ];
    const clients = await Promise.all(bad.map(() => dial(running)));
    for (const [i, client] of clients.entries()) client.socket.write(bad[i] ?? '');
    clients.pop()?.socket.resetAndDestroy();
    await Promise.all(clients.map((client) => client.until('closed')));
    good.socket.write(
      `<message to='${BEN}' id='1'><body>x</body></message><iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`,
    );
    expect(streamErrorIn(await good.until(/id="p"/))).toBeUndefined();
    expect(account.outgoing).toHaveLength(1);
  });

  it('lets the oldest that has not logged in give way, never one that has', async () => {
    const running = await start({ maxUnauthenticated: 2 });
    const good = await logIn(running);
    const idle = [await dial(running), await dial(running)];
    for (const client of idle) {
      client.socket.write(HEADER);
      await client.until(/<stream:features/);
    }
    const third = await dial(running);
    third.socket.write(HEADER);
    await third.until(/<stream:features/);
    await idle[0]?.until('closed');
    expect(streamErrorIn(idle[0]?.text ?? '')).toBe('resource-constraint');
    expect([idle[1]?.closed, third.closed, good.closed]).toEqual([false, false, false]);
  });

  it('ends a client that does not read, and keeps what it did not confirm', async () => {
    const running = await start({ maxUnreadBytes: 1024 * 1024, maxUnconfirmedUnits: 1024 * 1024 * 1024 });
    const client = await logIn(running);
    client.socket.pause();
    const body = 'x'.repeat(3 * 1024 * 1024);
    for (let i = 0; i < 8; i++) account.receive(body);
    expect(account.inbox()).toHaveLength(8);
    client.socket.resume();
    await client.until('closed');
    expect(account.inbox()).toHaveLength(8);
    expect(account.subscribers).toBe(0);
  });

  it('stops with a word to everybody, and frees its port', async () => {
    const running = await start();
    const [client, newcomer] = [await logIn(running), await dial(running)];
    server = undefined;
    await running.stop();
    await Promise.all([client.until('closed'), newcomer.until('closed')]);
    expect(streamErrorIn(client.text)).toBe('system-shutdown');
    expect(account.presences.at(-1)?.show).toBe('offline');
    await expect(dial(running)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('says why it can’t listen', async () => {
    const running = await start();
    const again = startXmppServer({
      timers: systemTimers(),
      listen: running.address,
      domain: DOMAIN,
      accounts: () => undefined,
      tls: certificate,
      log: SILENT,
      random: seededRandom(1),
    });
    await expect(again).rejects.toThrow(/EADDRINUSE/);
  });
});
