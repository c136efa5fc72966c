import { describe, expect, it } from 'vitest';
import { HearsayError, wallTimeMs } from '../../src/base/index.js';
import { ANA, BEN, conditionOf, DOMAIN, settle, streamErrorIn, World } from './wire.js';

const REQUEST = "<request xmlns='urn:xmpp:receipts'/>";

function message(inside: string, attrs = `type='chat' id='m1'`, to = BEN): string {
  return `<message to='${to}' ${attrs}>${inside}</message>`;
}

describe('a message to somebody', () => {
  it('is handed to the account, whatever resource or form the address has', async () => {
    const world = new World();
    const client = world.client();
    const person = 'c'.repeat(26);
    await client.say(message('<body>a &amp; b\u{1f600}</body>', '', `${BEN}/phone`));
    await client.say(message(`<body>x</body>${REQUEST}`, "id='1'", `dtn://${person}/~chat`));
    await client.say(message('<body>y</body>', "id='2'", `dtn\\3a\\2f\\2f${person}\\2f~chat@${DOMAIN}`));
    expect(world.account.outgoing).toEqual([
      { to: BEN, body: 'a & b\u{1f600}', wantsReceipt: false },
      { to: `dtn://${person}/~chat`, body: 'x', wantsReceipt: true, clientId: '1' },
      { to: `dtn://${person}/~chat`, body: 'y', wantsReceipt: false, clientId: '2' },
    ]);
  });

  it('keeps its order, and is sent even when the client hangs up at once', async () => {
    for (const goodbye of ['</stream:stream>', '', '<not', '<!---->']) {
      const world = new World();
      const client = world.client();
      const bodies = Array.from({ length: 40 }, (_, i) => String(i));
      client.write(bodies.map((body) => message(`<body>${body}</body>`)).join('') + goodbye);
      expect(client.paused).toBe(true);
      if (goodbye === '') client.cut();
      await settle();
      expect(world.account.outgoing.map(({ body }) => body)).toEqual(bodies);
      if (goodbye === '</stream:stream>') expect(client.take()).toBe(goodbye);
    }
  });

  it.each([
    ['ERR_ADDRESS', 'item-not-found'],
    ['ERR_QUOTA', 'resource-constraint'],
    ['ERR_TOO_LARGE', 'policy-violation'],
    ['ERR_SOMETHING', 'internal-server-error'],
  ])('that the core refuses with %s comes back as %s with its id', async (code, condition) => {
    const world = new World();
    world.account.failNextSend = new HearsayError(code, 'no');
    const [error] = await world.client().say(message('<body>x</body>'));
    expect(error?.attrs).toMatchObject({ type: 'error', id: 'm1', from: BEN, to: `${ANA}/one` });
    expect(conditionOf(error)).toBe(condition);
  });

  it.each([
    ['to a room', message('<body>x</body>', "type='groupchat' id='m1'"), 'service-unavailable'],
    ['that is a headline', message('<body>x</body>', "type='headline' id='m1'"), 'service-unavailable'],
    ['to no JID', message('<body>x</body>', '', '@@'), 'jid-malformed'],
    ['to the server', message('<body>x</body>', '', DOMAIN), 'service-unavailable'],
    ['to another domain', message('<body>x</body>', '', 'ben@elsewhere.example'), 'item-not-found'],
    ['with too long an id', message('<body>x</body>', `id='${'é'.repeat(129)}'`), 'bad-request'],
  ])('%s is an error', async (_, xml, condition) => {
    const world = new World();
    const [error, ...more] = await world.client().say(xml);
    expect(conditionOf(error)).toBe(condition);
    expect(more).toEqual([]);
    expect(world.account.outgoing).toEqual([]);
  });

  it.each([
    ['a chat state', message("<composing xmlns='http://jabber.org/protocol/chatstates'/>")],
    ['a marker', message("<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>")],
    ['a receipt of the client’s own', message("<received xmlns='urn:xmpp:receipts' id='x'/>")],
    ['an error', message('<body>x</body>', "type='error' id='m1'")],
    ['a body of another namespace', message("<body xmlns='http://www.w3.org/1999/xhtml'>x</body>")],
  ])('stays here without a word when it is %s', async (_, xml) => {
    const world = new World();
    expect(await world.client().say(xml)).toEqual([]);
    expect(world.account.outgoing).toEqual([]);
  });
});

describe('a note to oneself', () => {
  it('goes to one’s own clients and not to the mesh', async () => {
    const world = new World();
    const two = await world.available('two');
    const silent = await world.available('silent', '<priority>-1</priority>');
    const one = world.client('one');
    await one.say(message('<body>milk</body>', "id='n'", ANA));
    expect(two.take()).toContain(`<body>milk</body>`);
    expect(silent.take()).toBe('');
    await one.say(message('<body>eggs</body>', "id='n'", `${ANA}/silent`));
    expect(silent.take()).toContain('<body>eggs</body>');
    await one.say('<message><body>bread</body></message>');
    expect(two.take()).toContain('bread');
    expect(world.account.outgoing).toEqual([]);
  });

  it('comes back when nobody is there to take it', async () => {
    const client = new World().client();
    expect(conditionOf((await client.say(message('<body>milk</body>', "id='n'", ANA)))[0])).toBe('service-unavailable');
  });
});

describe('the inbox', () => {
  it('is given with the true time, and confirmed by the answer to a ping', async () => {
    const world = new World();
    world.account.receive('a\u0000\ud800<b>&', {
      writtenAt: wallTimeMs(Date.UTC(2024, 1, 29, 1, 2, 3, 4)),
      messageId: '"1"',
    });
    const client = world.client();
    const [, shown, ping] = await client.say('<presence/>');
    expect(String(shown)).toBe(
      `<message type="chat" id="&quot;1&quot;" from="${BEN}" to="${ANA}"><body>a&lt;b&gt;&amp;</body>` +
        `<delay xmlns="urn:xmpp:delay" from="${DOMAIN}" stamp="2024-02-29T01:02:03.004Z"/></message>`,
    );
    expect(world.account.confirmed).toEqual([]);
    await client.say(`<iq type='result' id='${ping?.attrs.id}'/>`);
    expect(world.account.confirmed).toEqual(['inbox-1']);
    expect(world.timers.pending).toBe(0);
  });

  it('takes an error for an answer, but not just any answer', async () => {
    const world = new World();
    const client = await world.available();
    world.account.receive('x');
    const [, ping] = client.stanzas();
    await client.say("<iq type='result' id='other'/>");
    expect(world.account.confirmed).toEqual([]);
    await client.say(
      `<iq type='error' id='${ping?.attrs.id}'><ping xmlns='urn:xmpp:ping'/><error type='cancel'/></iq>`,
    );
    expect(world.account.confirmed).toEqual(['inbox-1']);
  });

  it('is given again on the next stream when the answer never came, and not twice on one', async () => {
    const world = new World();
    const first = await world.available();
    world.account.receive('x');
    expect(first.take()).toContain('<body>x</body>');
    await first.say("<presence type='unavailable'/>");
    expect((await first.say('<presence/>')).map(String).join()).not.toContain('<body>');
    first.cut();
    const second = world.client();
    expect((await second.say('<presence/>')).map(String).join()).toContain('<body>x</body>');
    expect(world.account.confirmed).toEqual([]);
  });

  it('goes to every client but those of negative priority; the first answer counts', async () => {
    const world = new World();
    const [one, two] = [await world.available('one'), await world.available('two')];
    const negative = await world.available('negative', '<priority>-1</priority>');
    const silent = world.client('silent');
    for (const wire of [one, two]) wire.take();
    world.account.receive('x');
    expect(one.take()).toContain('<body>x</body>');
    const [, ping] = two.stanzas();
    expect(negative.take() + silent.take()).not.toContain('<body>');
    await two.say(`<iq type='result' id='${ping?.attrs.id}'/>`);
    expect(world.account.inbox()).toEqual([]);
    expect((await silent.say('<presence/>')).map(String).join()).not.toContain('<body>');
  });

  it('is given in windows, so that a client is never buried', async () => {
    const world = new World({ maxUnconfirmed: 3, maxUnconfirmedUnits: 10 });
    for (const body of ['1', '2', '3', '4', 'long long long', '6']) world.account.receive(body);
    const client = world.client();
    let stanzas = await client.say('<presence/>');
    const windows: string[][] = [];
    for (let ping = stanzas.at(-1); ping?.getChild('ping') !== undefined; ping = stanzas.at(-1)) {
      windows.push(stanzas.flatMap((stanza) => stanza.getChild('body')?.getText() ?? []));
      stanzas = await client.say(`<iq type='result' id='${ping.attrs.id}'/>`);
    }
    expect(windows).toEqual([['1', '2', '3'], ['4'], ['long long long'], ['6']]);
    expect(world.account.inbox()).toEqual([]);
  });

  it('ends a stream whose client does not answer', async () => {
    const world = new World();
    const client = await world.available();
    world.account.receive('x');
    world.timers.advance(60_000);
    expect(streamErrorIn(client.take())).toBe('connection-timeout');
    expect(world.account.inbox()).toHaveLength(1);
  });
});

describe('what became of a message', () => {
  const delivered = { state: 'delivered', at: wallTimeMs(1) } as const;

  it('is told to every client that is there, when a receipt was asked for', async () => {
    const world = new World();
    const [one, two] = [await world.available('one'), await world.available('two')];
    await one.say(message(`<body>x</body>${REQUEST}`) + message('<body>y</body>', "id='m2'"));
    for (const wire of [one, two]) wire.take();
    world.account.setState('local-1', { state: 'carried', by: 2 });
    world.account.setState('local-2', delivered);
    expect(one.take() + two.take()).toBe('');
    world.account.setState('local-1', delivered);
    for (const wire of [one, two]) {
      expect(wire.take()).toContain(`<received xmlns="urn:xmpp:receipts" id="m1"/>`);
    }
  });

  it('is told at the next login, until a client has answered', async () => {
    const world = new World();
    const first = await world.available();
    await first.say(message(`<body>x</body>${REQUEST}`));
    first.cut();
    world.account.setState('local-1', delivered);
    const second = world.client();
    expect((await second.say('<presence/>')).map(String).join()).toContain('<received');
    second.cut();
    const third = world.client();
    const stanzas = await third.say('<presence/>');
    expect(stanzas[1]?.attrs).toMatchObject({ from: BEN, to: `${ANA}/one`, type: 'chat' });
    await third.say(`<iq type='result' id='${stanzas.at(-1)?.attrs.id}'/>`);
    third.cut();
    expect((await world.client().say('<presence/>')).map(String).join()).not.toContain('<received');
  });

  it('is an error with the same id when it expired, receipt or not', async () => {
    const world = new World();
    const client = await world.available();
    await client.say(message('<body>x</body>'));
    world.account.setState('local-1', { state: 'expired', at: wallTimeMs(1) });
    const [error] = client.stanzas();
    expect(error?.attrs).toMatchObject({ type: 'error', id: 'm1', from: BEN });
    expect(conditionOf(error)).toBe('remote-server-timeout');
    expect(String(error)).toContain('not delivered before it expired');
  });
});

describe('carbons', () => {
  const toggle = (name: string): string => `<${name} xmlns='urn:xmpp:carbons:2'/>`;

  it('show what another client sent, only where they were asked for', async () => {
    const world = new World();
    const [one, two, three] = [
      await world.available('one'),
      await world.available('two'),
      await world.available('three'),
    ];
    await two.ask('set', toggle('enable'));
    await three.ask('set', toggle('enable'));
    await three.ask('set', toggle('disable'));
    for (const wire of [one, two, three]) wire.take();
    await one.say(message('<body>x</body>'));
    expect(two.take()).toBe(
      `<message from="${ANA}" to="${ANA}/two" type="chat"><sent xmlns="urn:xmpp:carbons:2"><forwarded xmlns="urn:xmpp:forward:0">` +
        `<message xmlns="jabber:client" to="${BEN}" type="chat" id="m1" from="${ANA}/one"><body>x</body></message>` +
        '</forwarded></sent></message>',
    );
    expect(one.take() + three.take()).toBe('');
    await one.say(message(`<body>x</body><private xmlns='urn:xmpp:carbons:2'/>`));
    expect(two.take()).toBe('');
  });

  it('show nothing that was refused', async () => {
    const world = new World();
    const [one, two] = [await world.available('one'), await world.available('two')];
    await two.ask('set', toggle('enable'));
    world.account.failNextSend = new HearsayError('ERR_QUOTA', 'full');
    await one.say(message('<body>x</body>'));
    expect(two.take()).toBe('');
  });
});
