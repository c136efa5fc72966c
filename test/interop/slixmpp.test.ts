/** A stock client against the endpoint: logging in every way, and the whole list of what a person does. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { HearsayError, SILENT, seededRandom, utf8, wallTimeMs } from '../../src/base/index.js';
import { systemTimers } from '../../src/link/index.js';
import {
  generateCertificate,
  type NodeCertificate,
  type ScramCredentials,
  scramCredentials,
  startXmppServer,
  type XmppServer,
} from '../../src/xmpp-adapter/index.js';
import { FakeAccount } from '../support/fake-account.js';
import { DEBIAN_PYTHON, describeWith } from '../support/optional.js';
import { SlixmppClient, type SlixmppOptions } from './slixmpp-driver.js';

const DOMAIN = 'mesh.localhost';
const ANA = `ana.aaaaaa@${DOMAIN}`;
const BEN = `ben.bbbbbb@${DOMAIN}`;
const PASSWORD = 'correct horse battery staple';

describeWith('slixmpp', { programs: [DEBIAN_PYTHON], pythonModules: ['slixmpp'] }, () => {
  let certificate: NodeCertificate;
  let credentials: ScramCredentials;
  let folder: string;
  let account: FakeAccount;
  let server: XmppServer;
  let clients: SlixmppClient[];

  beforeAll(async () => {
    certificate = await generateCertificate({ domain: DOMAIN, now: wallTimeMs(Date.UTC(2024, 0, 1)) });
    credentials = scramCredentials(PASSWORD, utf8('a salt of 16 byt'));
    folder = mkdtempSync(join(tmpdir(), 'hearsay-slixmpp-'));
    writeFileSync(join(folder, 'ca.pem'), certificate.authority);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeEach(async () => {
    account = new FakeAccount({ jid: ANA });
    clients = [];
    server = await startXmppServer({
      timers: systemTimers(),
      listen: { host: '127.0.0.1', port: 0 },
      domain: DOMAIN,
      accounts: (localpart) => (localpart === 'ana.aaaaaa' ? { account, credentials } : undefined),
      tls: certificate,
      log: SILENT,
      random: seededRandom(7),
    });
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.quit()));
    await server.stop();
  });

  function start(more: Partial<SlixmppOptions> = {}): SlixmppClient {
    const client = new SlixmppClient({ jid: ANA, password: PASSWORD, ...server.address, ...more });
    clients.push(client);
    return client;
  }

  async function logIn(more: Partial<SlixmppOptions> = {}): Promise<SlixmppClient> {
    const client = start(more);
    await client.waitFor({ event: 'ready' });
    if (more.presence !== false) await client.waitFor({ event: 'roster' });
    return client;
  }

  it.each([
    ['SCRAM-SHA-256', true],
    ['SCRAM-SHA-1', true],
    ['PLAIN', true],
    ['SCRAM-SHA-256', false],
    ['SCRAM-SHA-1', false],
    ['PLAIN', false],
  ])('logs in with %s, TLS %s', async (mechanism, tls) => {
    const client = start({ mechanism, tls });
    const ready = await client.waitFor({ event: 'ready' });
    expect(ready.jid).toBe(`${ANA}/slix`);
    expect(ready.tls).toBe(tls ? 'TLSv1.3' : undefined);
  });

  it('accepts the certificate once its authority is trusted, and checks it', async () => {
    const client = start({ ca: join(folder, 'ca.pem') });
    expect((await client.waitFor({ event: 'ready' })).tls).toBe('TLSv1.3');
  });

  it('is refused with a wrong password and as somebody unknown', async () => {
    await start({ password: 'wrong' }).waitFor({ event: 'auth-failed' });
    await start({ jid: `nobody@${DOMAIN}` }).waitFor({ event: 'auth-failed' });
  });

  it('shows what is known of contacts, in roster and presence', async () => {
    account.addKnown(BEN, {
      petname: 'Ben',
      groups: ['School'],
      presence: { show: 'dnd', status: 'exam', confidence: 0.72, heardAgoMs: 300_000, hops: 2 },
    });
    const client = await logIn();
    const { items } = await client.waitFor({ event: 'roster' });
    expect(items).toEqual([{ jid: BEN, subscription: 'both', name: 'Ben', groups: ['School'] }]);
    const seen = await client.waitFor({ event: 'presence', from: `${BEN}/mesh` });
    expect(seen).toMatchObject({
      show: 'dnd',
      status: 'exam — probably here (72 %, heard 5 min ago, 2 hops)',
    });
    account.hear(BEN, { confidence: 0.31, heardAgoMs: 7_200_000 });
    const less = await client.waitFor({ event: 'presence', show: 'xa' });
    expect(less.status).toBe('exam — perhaps here (31 %, heard 2 h ago, 2 hops)');
    account.hear(BEN, { confidence: 0.04 });
    await client.waitFor({ event: 'presence', type: 'unavailable' });
  });

  it('adds contacts by JID and by dtn: address, and removes them', async () => {
    const client = await logIn();
    expect(await client.ask({ cmd: 'add', jid: BEN, name: 'Ben' })).toMatchObject({ ok: true });
    const person = 'c'.repeat(26);
    expect(await client.ask({ cmd: 'add', jid: `dtn://${person}/~chat`, name: 'Cleo' })).toMatchObject({ ok: true });
    const escaped = `dtn\\3a\\2f\\2f${'d'.repeat(26)}\\2f~chat@${DOMAIN}`;
    expect(await client.ask({ cmd: 'add', jid: escaped })).toMatchObject({ ok: true });
    expect(account.contacts().map(({ jid, petname }) => [jid, petname])).toEqual([
      [BEN, 'Ben'],
      [`${person}@${DOMAIN}`, 'Cleo'],
      [`${'d'.repeat(26)}@${DOMAIN}`, ''],
    ]);
    await client.ask({ cmd: 'remove', jid: BEN });
    await client.waitFor({ event: 'push' }, ({ items }) => JSON.stringify(items).includes('"remove"'));
    expect(account.contacts()).toHaveLength(2);
    expect(await client.ask({ cmd: 'add', jid: 'x@elsewhere.example' })).toMatchObject({ condition: 'item-not-found' });
  });

  it('subscribes, and is subscribed at once', async () => {
    const client = await logIn();
    client.send({ cmd: 'subscribe', jid: BEN });
    await client.waitFor({ event: 'push' });
    await client.waitFor({ event: 'presence', type: 'unavailable', from: `${BEN}/mesh` });
    expect(account.contacts()[0]?.jid).toBe(BEN);
  });

  it('sends a message, and is told of its delivery, now or at the next login', async () => {
    account.addKnown(BEN);
    const client = await logIn();
    await client.ask({ cmd: 'send', to: BEN, body: 'one', id: 'first', receipt: true });
    await client.ask({ cmd: 'send', to: BEN, body: 'two', id: 'second', receipt: true });
    await client.ask({ cmd: 'ping' });
    expect(account.outgoing).toEqual([
      { to: BEN, body: 'one', clientId: 'first', wantsReceipt: true },
      { to: BEN, body: 'two', clientId: 'second', wantsReceipt: true },
    ]);
    const [first, second] = account.sent();
    account.setState(first?.localId ?? '', { state: 'delivered', at: wallTimeMs(1) });
    await client.waitFor({ event: 'receipt', id: 'first', from: BEN });
    await client.quit();
    account.setState(second?.localId ?? '', { state: 'delivered', at: wallTimeMs(2) });
    const again = await logIn();
    await again.waitFor({ event: 'receipt', id: 'second' });
    expect(again.events.filter(({ event }) => event === 'receipt')).toHaveLength(1);
  });

  it('is told when a message was refused, and when it expired', async () => {
    account.addKnown(BEN);
    const client = await logIn();
    account.failNextSend = new HearsayError('ERR_QUOTA', 'the store is full');
    client.send({ cmd: 'send', to: BEN, body: 'x', id: 'refused' });
    await client.waitFor({ event: 'sent-error', id: 'refused', condition: 'resource-constraint' });
    await client.ask({ cmd: 'send', to: BEN, body: 'x', id: 'old' });
    await client.ask({ cmd: 'ping' });
    account.setState(account.sent()[0]?.localId ?? '', { state: 'expired', at: wallTimeMs(1) });
    const expired = await client.waitFor({ event: 'sent-error', id: 'old' });
    expect(expired).toMatchObject({
      condition: 'remote-server-timeout',
      text: 'not delivered before it expired',
      from: BEN,
    });
  });

  it('reads what waited, with its true time, and only then the inbox is empty', async () => {
    const writtenAt = wallTimeMs(Date.UTC(2024, 1, 29, 23, 59, 58, 7));
    account.receive('hello \u0000 & <there> ]]>', { writtenAt, messageId: 'far-1' });
    const client = await logIn();
    const message = await client.waitFor({ event: 'message' });
    expect(message).toMatchObject({
      id: 'far-1',
      from: BEN,
      body: 'hello  & <there> ]]>',
      delay: '2024-02-29T23:59:58.007Z',
      delayFrom: DOMAIN,
    });
    await client.ask({ cmd: 'ping' });
    expect(account.confirmed).toEqual(['inbox-1']);
    account.receive('live');
    await client.waitFor({ event: 'message', body: 'live' });
  });

  it('carries 5 MiB both ways', async () => {
    account.addKnown(BEN);
    const client = await logIn();
    const bytes = 5 * 1024 * 1024;
    const { sha256 } = await client.ask({ cmd: 'send', to: BEN, bodyBytes: bytes, id: 'big' });
    expect((await client.ask({ cmd: 'ping' })).ok).toBe(true);
    const body = account.outgoing[0]?.body ?? '';
    expect(body).toHaveLength(bytes);
    expect(createHash('sha256').update(body).digest('hex')).toBe(sha256);
    account.receive(body);
    const message = await client.waitFor({ event: 'message', bodyBytes: bytes });
    expect(message.sha256).toBe(sha256);
  });

  it('publishes its presence, and its leaving', async () => {
    const client = await logIn();
    client.send({ cmd: 'presence', show: 'away', status: 'lunch' });
    await client.ask({ cmd: 'ping' });
    await client.quit();
    expect(account.presences).toEqual([
      { show: 'available', status: '' },
      { show: 'away', status: 'lunch' },
      { show: 'offline', status: '' },
    ]);
    expect(account.subscribers).toBe(0);
  });

  it('discovers what is there and nothing else', async () => {
    account.addKnown(BEN, {
      presence: { show: 'available', status: '', confidence: 0.6, heardAgoMs: 90_000, hops: 1 },
    });
    const client = await logIn();
    const server = await client.ask({ cmd: 'disco', to: DOMAIN });
    expect(server.features).toContain('urn:xmpp:ping');
    expect((await client.ask({ cmd: 'disco', to: BEN })).features).toContain('urn:xmpp:receipts');
    expect(await client.ask({ cmd: 'last', to: BEN })).toMatchObject({ ok: true, seconds: 90 });
    expect(await client.ask({ cmd: 'ping', to: BEN })).toMatchObject({ ok: false, condition: 'service-unavailable' });
  });

  it('shares what was sent between two clients, and closes the older of the same resource', async () => {
    const one = await logIn({ resource: 'one' });
    const two = await logIn({ resource: 'two' });
    account.receive('for both');
    await one.waitFor({ event: 'message', body: 'for both' });
    await two.waitFor({ event: 'message', body: 'for both' });
    await logIn({ resource: 'one' });
    await one.waitFor({ event: 'stream-error', condition: 'conflict' });
    expect(two.events.some(({ event }) => event === 'disconnected')).toBe(false);
  });
});
