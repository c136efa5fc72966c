import { describe, expect, it } from 'vitest';
import { IQ_HANDLERS } from '../../src/xmpp-adapter/handlers.js';
import { ANA, BEN, conditionOf, DOMAIN, World } from './wire.js';

const query = (xmlns: string): string => `<query xmlns='${xmlns}'/>`;
const PING = "<ping xmlns='urn:xmpp:ping'/>";

function world(): World {
  const made = new World();
  made.account.addKnown(BEN, {
    nickname: 'ben',
    presence: { show: 'away', status: '', confidence: 0.7, heardAgoMs: 61_500, hops: 1 },
  });
  return made;
}

describe('a request', () => {
  it.each([
    ['without an id', `<iq type='get'>${PING}</iq>`],
    ['with an empty id', `<iq type='get' id=''>${PING}</iq>`],
    ['of no type', `<iq id='x'>${PING}</iq>`],
    ['of an unknown type', `<iq type='put' id='x'>${PING}</iq>`],
    ['without a payload', "<iq type='get' id='x'/>"],
    ['with two payloads', `<iq type='get' id='x'>${PING}${PING}</iq>`],
  ])('%s is a bad request', async (_, xml) => {
    const [error] = await world().client().say(xml);
    expect(conditionOf(error)).toBe('bad-request');
  });

  it.each([
    ['unknown', 'get', "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/>", undefined],
    ['private storage', 'get', query('jabber:iq:private'), undefined],
    ['blocking', 'get', "<blocklist xmlns='urn:xmpp:blocking'/>", undefined],
    ['a set where only get is', 'set', PING, DOMAIN],
    ['a ping of a contact', 'get', PING, BEN],
    ['a contact’s version', 'get', query('jabber:iq:version'), `${BEN}/mesh`],
    ['somebody else’s roster', 'get', query('jabber:iq:roster'), BEN],
    ['a device list', 'get', "<pubsub xmlns='http://jabber.org/protocol/pubsub'/>", BEN],
    ['another of one’s own clients', 'get', PING, `${ANA}/two`],
    ['somebody of another domain', 'get', query('http://jabber.org/protocol/disco#info'), 'x@elsewhere.example'],
    ['another server', 'get', query('http://jabber.org/protocol/disco#info'), 'proxy.example'],
  ] as const)('that is not supported is answered at once: %s', async (_, type, payload, to) => {
    const answer = await world().client().ask(type, payload, to);
    expect([answer.attrs.type, answer.attrs.from]).toEqual(['error', to]);
    expect(conditionOf(answer)).toBe('service-unavailable');
  });

  it('is not made of a result or an error', async () => {
    expect(
      await world().client().say("<iq type='result' id='x'/><iq type='error' id='x'/><iq type='result'/>"),
    ).toEqual([]);
  });

  it('to what is no address is refused', async () => {
    expect(conditionOf(await world().client().ask('get', PING, '@@'))).toBe('jid-malformed');
  });
});

describe('the modules', () => {
  it('answer a ping', async () => {
    for (const to of [undefined, DOMAIN, ANA]) {
      expect((await world().client().ask('get', PING, to)).attrs.type).toBe('result');
    }
  });

  it('answer the old session request', async () => {
    const answer = await world().client().ask('set', "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>");
    expect(answer.attrs.type).toBe('result');
  });

  it('know how long ago somebody was heard', async () => {
    const made = world();
    made.account.addKnown(`never.cccccc@${DOMAIN}`);
    const client = made.client();
    const seconds = async (to?: string): Promise<string | undefined> =>
      (await client.ask('get', query('jabber:iq:last'), to)).getChild('query')?.attrs.seconds;
    made.timers.advance(5999);
    expect(await seconds(DOMAIN)).toBe('5');
    expect(await seconds(ANA)).toBe('0');
    expect(await seconds(`${BEN}/mesh`)).toBe('61');
    const never = await client.ask('get', query('jabber:iq:last'), `never.cccccc@${DOMAIN}`);
    expect(conditionOf(never)).toBe('item-not-found');
  });

  it('tell the version', async () => {
    const answer = await world().client().ask('get', query('jabber:iq:version'), DOMAIN);
    expect(String(answer.getChild('query'))).toBe(
      '<query xmlns="jabber:iq:version"><name>Hearsay</name><version>1.2.3</version></query>',
    );
  });

  it('show a vCard with a nickname, if there is one', async () => {
    const made = world();
    made.account.addKnown(`quiet.cccccc@${DOMAIN}`);
    const client = made.client();
    const vcard = "<vCard xmlns='vcard-temp'/>";
    expect(String(await client.ask('get', vcard))).toContain('<NICKNAME>ana</NICKNAME>');
    expect(String(await client.ask('get', vcard, BEN))).toContain('<NICKNAME>ben</NICKNAME>');
    expect(conditionOf(await client.ask('get', vcard, `quiet.cccccc@${DOMAIN}`))).toBe('item-not-found');
    expect(conditionOf(await client.ask('set', vcard))).toBe('service-unavailable');
  });

  it('discover no items, and no nodes', async () => {
    const client = world().client();
    const items = 'http://jabber.org/protocol/disco#items';
    expect((await client.ask('get', query(items), DOMAIN)).getChild('query')?.children).toEqual([]);
    expect(conditionOf(await client.ask('get', `<query xmlns='${items}' node='x'/>`, DOMAIN))).toBe('item-not-found');
  });

  it.each([
    ['server', DOMAIN],
    ['self', ANA],
    ['contact', BEN],
  ] as const)('are discovered at the %s just where they answer', async (scope, to) => {
    const client = world().client();
    const answer = await client.ask('get', query('http://jabber.org/protocol/disco#info'), to);
    const features =
      answer
        .getChild('query')
        ?.getChildren('feature')
        .map(({ attrs }) => attrs.var) ?? [];
    expect(new Set(features).size).toBe(features.length);
    for (const feature of features) {
      if (feature === 'urn:xmpp:receipts') continue;
      const handler = IQ_HANDLERS.find(({ xmlns }) => xmlns === feature);
      expect([feature, handler?.accepts[scope]?.length]).toEqual([feature, expect.any(Number)]);
    }
    for (const { accepts, features: own } of IQ_HANDLERS) {
      if (own[scope] !== undefined && accepts[scope] !== undefined)
        expect(features).toEqual(expect.arrayContaining([...(own[scope] ?? [])]));
    }
  });
});
