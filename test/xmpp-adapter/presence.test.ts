import { describe, expect, it } from 'vitest';
import type { PresenceView } from '../../src/chat/index.js';
import { confidenceLine } from '../../src/xmpp-adapter/confidence-line.js';
import { shownAs } from '../../src/xmpp-adapter/contact-presence.js';
import { ANA, BEN, conditionOf, DOMAIN, World } from './wire.js';

const HERE: PresenceView = { show: 'available', status: '', confidence: 0.72, heardAgoMs: 300_000, hops: 2 };

describe('a contact', () => {
  it.each([
    ['dnd', 0.5, 'dnd'],
    ['dnd', 0.4999, 'xa'],
    ['chat', 0.1, 'xa'],
    ['chat', 0.0999, 'offline'],
    ['offline', 1, 'offline'],
    ['available', 1, 'available'],
  ] as const)('that said %s, at confidence %d, is shown as %s', (said, confidence, shown) => {
    expect(shownAs(said, confidence)).toBe(shown);
  });

  it.each([
    [{}, 'probably here (72 %, heard 5 min ago, 2 hops)'],
    [{ confidence: 0.31, heardAgoMs: 7_200_000, hops: 1 }, 'perhaps here (31 %, heard 2 h ago, 1 hop)'],
    [{ confidence: 0.001, heardAgoMs: 3 * 86_400_000, hops: 0 }, 'probably away (1 %, heard 3 days ago, directly)'],
    [{ confidence: 0.999, heardAgoMs: 0 }, 'probably here (99 %, heard just now, 2 hops)'],
    [{ confidence: 1 }, 'here now'],
    [{ show: 'offline' as const }, 'signed off, heard 5 min ago'],
    [{ heardAgoMs: undefined }, 'not heard of yet'],
  ])('with %j is described in words', (change, line) => {
    expect(confidenceLine({ ...HERE, ...change })).toBe(line);
  });

  it('is shown at the first presence, and again only when a person would notice', async () => {
    const world = new World();
    world.account.addKnown(BEN, { presence: { ...HERE, status: 'exam' } });
    const client = world.client();
    const first = await client.say('<presence/>');
    expect(first.map(String)).toContain(
      `<presence from="${BEN}/mesh" to="${ANA}/one"><status>exam — probably here (72 %, heard 5 min ago, 2 hops)</status></presence>`,
    );
    world.account.hear(BEN, { confidence: 0.64, heardAgoMs: 1_000_000 });
    expect(client.take()).toBe('');
    world.account.hear(BEN, { confidence: 0.62 });
    expect(client.take()).toContain('(62 %');
    world.account.hear(BEN, { confidence: 1 });
    expect(client.take()).toContain('here now');
    world.account.hear(BEN, { confidence: 0.95 });
    expect(client.take()).toContain('(95 %');
    world.account.hear(BEN, { status: 'free' });
    expect(client.take()).toContain('free — ');
    world.account.hear(BEN, { confidence: 0.49 });
    expect(client.take()).toContain('<show>xa</show>');
    world.account.hear(BEN, { confidence: 0.51, show: 'away' });
    expect(client.take()).toContain('<show>away</show>');
    world.account.hear(BEN, { show: 'offline' });
    expect(client.take()).toContain('type="unavailable"');
  });

  it('is subscribed to at once', async () => {
    const world = new World();
    const client = await world.available();
    await client.ask('get', "<query xmlns='jabber:iq:roster'/>");
    const all = (await client.say(`<presence type='subscribe' to='${BEN}'/>`)).map(String);
    expect(all.filter((xml) => xml.includes('subscription="both"'))).toHaveLength(1);
    expect(all.slice(-2)[0]).toBe(`<presence type="subscribed" from="${BEN}" to="${ANA}"/>`);
    expect(all.slice(-1)[0]).toContain('not heard of yet');
    expect(world.account.contacts()).toHaveLength(1);
  });

  it('stays subscribed when a client unsubscribes, and the client is told', async () => {
    const world = new World();
    world.account.addKnown(BEN, { petname: 'B', groups: ['G'] });
    const client = await world.available();
    await client.ask('get', "<query xmlns='jabber:iq:roster'/>");
    await client.say(`<presence type='subscribe' to='${BEN}'/>`);
    const all = (await client.say(`<presence type='unsubscribe' to='${BEN}'/>`)).map(String);
    expect(all.join()).toContain(`<item jid="${BEN}" subscription="both" name="B">`);
    expect(world.account.contacts()[0]).toMatchObject({ petname: 'B', groups: ['G'] });
  });

  it('answers a probe, and directed presence with silence', async () => {
    const world = new World();
    world.account.addKnown(BEN, { presence: HERE });
    const client = world.client();
    expect((await client.say(`<presence type='probe' to='${BEN}'/>`)).map(String).join()).toContain('(72 %');
    expect(await client.say(`<presence to='${BEN}'/><presence type='unavailable' to='${BEN}'/>`)).toEqual([]);
    expect(world.account.presences).toEqual([]);
    expect(await client.say("<presence type='probe' to='x@elsewhere.example'/>")).toEqual([]);
    expect(await client.say("<presence type='unsubscribed' to='x@elsewhere.example'/>")).toEqual([]);
  });

  it('can be nobody outside the mesh, nor a room', async () => {
    const client = await new World().available();
    expect(conditionOf((await client.say("<presence type='subscribe' to='x@y.example'/>"))[0])).toBe('item-not-found');
    expect(conditionOf((await client.say("<presence type='subscribe' to='y.example'/>"))[0])).toBe('jid-malformed');
    const join = `<presence to='room@rooms.${DOMAIN}/ana'><x xmlns='http://jabber.org/protocol/muc'/></presence>`;
    expect(conditionOf((await client.say(join))[0])).toBe('service-unavailable');
  });
});

describe('one’s own presence', () => {
  it('is that of the client with the highest priority, the latest among equals', async () => {
    const world = new World();
    const low = await world.available('low', '<show>away</show><status>tea</status>');
    const high = await world.available('high', '<show>dnd</show><priority>5</priority>');
    await low.say('<presence><show>chat</show></presence>');
    const equal = await world.available('equal', '<priority>5</priority><status>new</status>');
    await equal.say("<presence type='unavailable'/>");
    high.cut();
    low.cut();
    equal.cut();
    expect(world.account.presences).toEqual([
      { show: 'away', status: 'tea' },
      { show: 'dnd', status: '' },
      { show: 'available', status: 'new' },
      { show: 'dnd', status: '' },
      { show: 'chat', status: '' },
      { show: 'offline', status: '' },
    ]);
    expect(world.account.subscribers).toBe(0);
  });

  it('is seen by one’s other clients', async () => {
    const world = new World();
    const one = await world.available('one', '<show>away</show>');
    const two = world.client('two');
    const seen = (await two.say('<presence><x xmlns="urn:x">&lt;</x></presence>')).map(String);
    expect(seen.join()).toContain(`from="${ANA}/one"`);
    expect(one.take()).toContain(
      `<presence xmlns="jabber:client" from="${ANA}/two" to="${ANA}/one"><x xmlns="urn:x">&lt;</x>`,
    );
    two.cut();
    expect(one.take()).toBe(`<presence type="unavailable" from="${ANA}/two" to="${ANA}/one"/>`);
  });

  it('takes odd values for ordinary ones', async () => {
    const world = new World();
    await world.available('one', '<show>sleepy</show><priority>many</priority>');
    expect(world.account.presences).toEqual([{ show: 'available', status: '' }]);
  });
});
