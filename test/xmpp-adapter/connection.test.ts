import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/index.js';
import {
  ANA,
  BEN,
  DOMAIN,
  HEADER,
  PASSWORD,
  PLAIN_AUTH,
  plainAuth,
  settle,
  streamErrorIn,
  type Wire,
  World,
} from './wire.js';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const BIND = `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;

function reply(...written: readonly string[]): { readonly wire: Wire; readonly text: string } {
  const wire = new World().wire();
  for (const text of written) wire.write(text);
  return { wire, text: wire.take() };
}

describe('the opening of a stream', () => {
  it('is answered with a header and the features', () => {
    const { text } = reply(HEADER);
    expect(text).toMatch(
      /^<\?xml version='1.0'\?><stream:stream xmlns='jabber:client' xmlns:stream='http:\/\/etherx.jabber.org\/streams' id='[a-z2-7]{24}' from='mesh.localhost' version='1.0' xml:lang='en'><stream:features>/,
    );
    expect(text).toContain('<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    expect(text.match(/<mechanism>[^<]+/g)).toEqual([
      '<mechanism>SCRAM-SHA-256',
      '<mechanism>SCRAM-SHA-1',
      '<mechanism>PLAIN',
    ]);
  });

  it.each([
    ['another host', HEADER.replace(DOMAIN, 'other.example'), 'host-unknown'],
    ['no host', HEADER.replace(`to='${DOMAIN}'`, ''), 'host-unknown'],
    ['no version', HEADER.replace("version='1.0' xmlns", 'xmlns'), 'unsupported-version'],
    ['version 0.9', HEADER.replace("version='1.0' xmlns", "version='0.9' xmlns"), 'unsupported-version'],
    ['a version that is none', HEADER.replace("version='1.0' xmlns", "version='1' xmlns"), 'unsupported-version'],
    ['another content namespace', HEADER.replace('jabber:client', 'jabber:server'), 'invalid-namespace'],
    ['another stream namespace', HEADER.replace('etherx.jabber', 'etherx'), 'invalid-namespace'],
    ['another root', HEADER.replace('<stream:stream', '<stream:river'), 'bad-format'],
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n', 'not-well-formed'],
  ])('is refused with %s', (_, header, condition) => {
    const { wire, text } = reply(header);
    expect(streamErrorIn(text)).toBe(condition);
    expect(text.startsWith("<?xml version='1.0'?><stream:stream ")).toBe(true);
    expect(text.endsWith('</stream:error></stream:stream>')).toBe(true);
    expect(wire.ended).toBe(true);
  });

  it('takes a later minor version and any case of the host', () => {
    expect(
      reply(HEADER.replace("version='1.0' xmlns", "version='1.7' xmlns").replace(DOMAIN, 'Mesh.LocalHost')).text,
    ).toContain('<stream:features>');
  });

  it('ends when the client ends it', () => {
    const { wire, text } = reply(HEADER, '</stream:stream>');
    expect(text.endsWith('</stream:stream>')).toBe(true);
    expect(streamErrorIn(text)).toBeUndefined();
    expect(wire.ended).toBe(true);
  });
});

describe('before the login', () => {
  it.each([
    ['a message', `<message to='${BEN}'><body>x</body></message>`, 'not-authorized'],
    ['a bind request', BIND, 'not-authorized'],
    ['something unknown', '<enable xmlns="urn:xmpp:sm:3"/>', 'unsupported-stanza-type'],
    ['a stanza of another namespace', '<message xmlns="jabber:server"/>', 'invalid-namespace'],
    ['more than 64 KiB', `<auth xmlns='${SASL}'>${'A'.repeat(66_000)}</auth>`, 'policy-violation'],
    ['an entity bomb', '<!DOCTYPE x [<!ENTITY a "ha">]>', 'restricted-xml'],
  ])('%s ends the stream', (_, xml, condition) => {
    const { wire, text } = reply(HEADER, xml);
    expect(streamErrorIn(text)).toBe(condition);
    expect(wire.ended).toBe(true);
  });

  it('takes no longer than 30 seconds, and no timer stays behind', () => {
    const world = new World();
    const wire = world.wire();
    wire.write(HEADER);
    world.timers.advance(29_999);
    expect(wire.ended).toBe(false);
    world.timers.advance(1);
    expect(streamErrorIn(wire.take())).toBe('connection-timeout');
    world.client();
    expect(world.timers.pending).toBe(0);
  });

  it('says the same to somebody unknown as to a wrong password, and ends after three failures', () => {
    const wrong = reply(HEADER, plainAuth('ana.aaaaaa', 'wrong')).text;
    const unknown = reply(HEADER, plainAuth('nobody', PASSWORD)).text;
    expect(wrong.slice(wrong.indexOf('</stream:features>'))).toBe(unknown.slice(unknown.indexOf('</stream:features>')));
    const attempt = plainAuth('ana.aaaaaa', 'wrong');
    const { wire, text } = reply(HEADER, attempt + attempt + attempt + PLAIN_AUTH);
    expect(text.match(/<not-authorized\/><\/failure>/g)).toHaveLength(3);
    expect(streamErrorIn(text)).toBe('policy-violation');
    expect(text).not.toContain('<success');
    expect(wire.ended).toBe(true);
  });

  it('lets a client try again after a failure', () => {
    expect(reply(HEADER, plainAuth('ana.aaaaaa', 'wrong'), PLAIN_AUTH).text).toContain('<success');
  });
});

describe('a connection from another machine', () => {
  it('must begin TLS: no mechanism is offered, none is taken', () => {
    const wire = new World().wire({ loopback: false });
    wire.write(HEADER);
    expect(wire.take()).toContain(
      '<stream:features><starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"><required/></starttls></stream:features>',
    );
    wire.write(PLAIN_AUTH);
    expect(wire.take()).toBe(`<failure xmlns="${SASL}"><encryption-required/></failure>`);
  });

  it('may log in once it is encrypted, and is not offered TLS twice', () => {
    const wire = new World().wire({ loopback: false, encrypted: true });
    wire.write(HEADER);
    const features = wire.take();
    expect(features).toContain('PLAIN');
    expect(features).not.toContain('starttls');
    wire.write(PLAIN_AUTH);
    expect(wire.take()).toContain('<success');
  });
});

describe('STARTTLS', () => {
  const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

  it('begins after proceed, with a new stream', () => {
    const wire = new World().wire({ loopback: false });
    wire.write(HEADER + STARTTLS);
    expect(wire.take().endsWith('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>')).toBe(true);
    expect(wire.tlsStarted).toBe(true);
    wire.write(HEADER + PLAIN_AUTH);
    expect(wire.take()).toContain('<success');
  });

  it.each([
    ['a login', PLAIN_AUTH],
    ['a stream header', HEADER],
    ['bytes that are no XML', '\u0016\u0003\u0001'],
  ])('refuses %s that was slipped in before the handshake', (_, injected) => {
    const wire = new World().wire();
    wire.write(HEADER + STARTTLS + injected);
    const text = wire.take();
    expect(wire.tlsStarted).toBe(false);
    expect(text).not.toContain('proceed');
    expect(text).not.toContain('<success');
    expect(streamErrorIn(text)).toBe('policy-violation');
  });

  it('forgets half a character that was slipped in', () => {
    const wire = new World().wire();
    wire.write(Uint8Array.of(...utf8(HEADER + STARTTLS), 0xc3));
    wire.write(HEADER);
    expect(wire.tlsStarted).toBe(true);
    expect(wire.take()).toContain('<mechanisms');
  });

  it('leaves a person time to look at the certificate, and then hurries again', () => {
    const world = new World();
    const wire = world.wire();
    wire.write(HEADER + STARTTLS);
    world.timers.advance(299_000);
    wire.write(HEADER);
    world.timers.advance(29_000);
    expect(wire.ended).toBe(false);
    world.timers.advance(1000);
    expect(streamErrorIn(wire.take())).toBe('connection-timeout');
    expect(world.timers.pending).toBe(0);
    const never = world.wire();
    never.write(HEADER + STARTTLS);
    world.timers.advance(300_000);
    expect(never.ended).toBe(true);
  });

  it('is refused when it is already there, or is something else', () => {
    const twice = new World().wire({ encrypted: true });
    twice.write(HEADER + STARTTLS);
    expect(twice.take()).toContain('<failure xmlns="urn:ietf:params:xml:ns:xmpp-tls"/></stream:stream>');
    expect(twice.ended).toBe(true);
    expect(reply(HEADER, "<stoptls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").wire.ended).toBe(true);
  });
});

describe('binding', () => {
  function loggedIn(world = new World()): Wire {
    const wire = world.wire();
    wire.write(HEADER + PLAIN_AUTH + HEADER);
    wire.take();
    return wire;
  }

  it('gives a resource, or takes the client’s own', () => {
    const wire = loggedIn();
    wire.write(BIND);
    expect(wire.take()).toMatch(/<jid>ana\.aaaaaa@mesh\.localhost\/hearsay-[a-z2-7]{8}<\/jid>/);
    const own = loggedIn();
    own.write(BIND.replace("xmpp-bind'/>", "xmpp-bind'><resource>Télé &amp; co</resource></bind>"));
    expect(own.take()).toContain(`<jid>${ANA}/Télé &amp; co</jid>`);
  });

  it('refuses a resource that is none, and lets the client try again', () => {
    const wire = loggedIn();
    wire.write(BIND.replace("xmpp-bind'/>", `xmpp-bind'><resource>${'x'.repeat(1024)}</resource></bind>`));
    expect(wire.take()).toContain('<bad-request');
    wire.write(BIND);
    expect(wire.take()).toContain('<jid>');
  });

  it('comes before any other stanza', () => {
    const wire = loggedIn();
    wire.write('<presence/>');
    expect(streamErrorIn(wire.take())).toBe('not-authorized');
  });

  it('closes whoever had the resource, and nobody else', () => {
    const world = new World();
    const [first, other] = [world.client('same'), world.client('other')];
    const second = world.client('same');
    expect(streamErrorIn(first.take())).toBe('conflict');
    expect([first.ended, second.ended, other.ended]).toEqual([true, false, false]);
  });

  it('has an end', () => {
    const world = new World({ maxResources: 2 });
    world.client('1');
    world.client('2');
    const third = loggedIn(world);
    third.write(BIND);
    expect(third.take()).toContain('<resource-constraint');
  });

  it('lets nobody speak for somebody else', async () => {
    const wire = new World().client();
    await wire.say(`<presence from='${ANA}/one'/>`);
    expect(wire.ended).toBe(false);
    wire.write(`<message from='${BEN}' to='${ANA}'><body>x</body></message>`);
    await settle();
    expect(streamErrorIn(wire.take())).toBe('invalid-from');
  });
});

describe('a whole login', () => {
  const client = `${HEADER + PLAIN_AUTH + HEADER + BIND}<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq><presence/></stream:stream>`;

  it('ends the same wherever it is cut, and byte by byte', async () => {
    const bytes = utf8(client);
    const outcome = async (pieces: readonly Uint8Array[]): Promise<string> => {
      const wire = new World().wire();
      for (const piece of pieces) wire.write(piece);
      await settle();
      return wire.take();
    };
    const whole = await outcome([bytes]);
    expect(whole).toContain('id="r"');
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(await outcome([bytes.subarray(0, cut), bytes.subarray(cut)])).toBe(whole);
    }
    expect(await outcome([...bytes].map((byte) => Uint8Array.of(byte)))).toBe(whole);
  });

  it('survives anything that is put into it', async () => {
    const alphabet = [
      '<',
      '>',
      '/',
      "'",
      '&',
      ';',
      '!',
      '-',
      '[',
      ']',
      '?',
      '=',
      'a',
      ':',
      ' ',
      '\u0000',
      'é',
      BIND,
      HEADER,
    ];
    const noise = fc.array(fc.constantFrom(...alphabet, '<message>', '</message>', '<presence/>', PLAIN_AUTH), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(client.length), noise, async (at, inserted) => {
        const world = new World();
        const good = await world.available('good');
        const wire = world.wire();
        wire.write(client.slice(0, at) + inserted.join('') + client.slice(at));
        await settle();
        expect(streamErrorIn(wire.take())).not.toBe('internal-server-error');
        expect(good.ended).toBe(false);
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});
