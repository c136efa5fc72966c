import { describe, expect, it } from 'vitest';
import { BEN, conditionOf, DOMAIN, World } from './wire.js';

const QUERY = "<query xmlns='jabber:iq:roster'/>";
const item = (inside: string): string => `<query xmlns='jabber:iq:roster'>${inside}</query>`;

describe('the roster', () => {
  it('lists petnames, and nicknames marked as unverified', async () => {
    const world = new World();
    world.account.addKnown(BEN, { petname: 'Ben & co', groups: ['A', '<B>'] });
    world.account.addKnown(`cleo.cccccc@${DOMAIN}`, { nickname: 'cleo' });
    world.account.addKnown(`dan.dddddd@${DOMAIN}`);
    const answer = await world.client().ask('get', QUERY);
    expect(answer.getChild('query')?.getChildElements().map(String)).toEqual([
      `<item jid="${BEN}" subscription="both" name="Ben &amp; co"><group>A</group><group>&lt;B&gt;</group></item>`,
      `<item jid="cleo.cccccc@${DOMAIN}" subscription="both" name="cleo (unverified)"/>`,
      `<item jid="dan.dddddd@${DOMAIN}" subscription="both"/>`,
    ]);
  });

  it('pushes every change once to each client that asked for it', async () => {
    const world = new World();
    const [asked, other] = [world.client('asked'), world.client('other')];
    await asked.ask('get', QUERY);
    const all = await asked.say(
      `<iq type='set' id='s'>${item(`<item jid='${BEN}' name='Ben'><group>G</group></item>`)}</iq>`,
    );
    expect(
      all.filter(({ attrs }) => attrs.type === 'set').map((push) => push.getChild('query')?.getChild('item')?.attrs),
    ).toEqual([{ jid: BEN, subscription: 'both', name: 'Ben' }]);
    expect(all.at(-1)?.attrs).toMatchObject({ type: 'result', id: 's' });
    expect(other.take()).toBe('');
    expect(world.account.contacts()[0]).toMatchObject({ petname: 'Ben', groups: ['G'] });
  });

  it('keeps a nickname a nickname when a client sends it back', async () => {
    const world = new World();
    world.account.addKnown(BEN, { nickname: 'ben' });
    await world.client().ask('set', item(`<item jid='${BEN}' name='ben (unverified)'><group>G</group></item>`));
    expect(world.account.contacts()[0]).toMatchObject({ petname: '', groups: ['G'] });
  });

  it('removes, and tells that the contact is gone', async () => {
    const world = new World();
    world.account.addKnown(BEN);
    const client = await world.available();
    await client.ask('get', QUERY);
    const all = await client.say(`<iq type='set' id='s'>${item(`<item jid='${BEN}' subscription='remove'/>`)}</iq>`);
    expect(all.map(String).join()).toContain(`<item jid="${BEN}" subscription="remove"/>`);
    expect(all.map(String).join()).toContain(`<presence type="unavailable" from="${BEN}/mesh"`);
    expect(world.account.contacts()).toEqual([]);
  });

  it.each([
    ['no item', item(''), 'bad-request'],
    ['two items', item(`<item jid='${BEN}'/><item jid='${BEN}'/>`), 'bad-request'],
    ['no address', item('<item/>'), 'jid-malformed'],
    ['what is no address', item("<item jid='@@'/>"), 'jid-malformed'],
    ['an address of elsewhere', item("<item jid='ben@elsewhere.example'/>"), 'item-not-found'],
    ['oneself', item(`<item jid='ana.aaaaaa@${DOMAIN}'/>`), 'not-allowed'],
    ['an empty group', item(`<item jid='${BEN}'><group/></item>`), 'not-acceptable'],
    ['the removal of nobody', item(`<item jid='${BEN}' subscription='remove'/>`), 'item-not-found'],
  ])('refuses %s', async (_, payload, condition) => {
    const world = new World();
    expect(conditionOf(await world.client().ask('set', payload))).toBe(condition);
    expect(world.account.contacts()).toEqual([]);
  });
});
