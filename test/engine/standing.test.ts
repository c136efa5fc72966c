/** Who counts as what when room is short. */
import { expect, it } from 'vitest';
import { PeopleStanding } from '../../src/engine/standing.js';
import { type ContactTrust, Directory, nodeIdOf, type PersonId, Roster } from '../../src/people/index.js';
import { nodeKeyOf, Stranger } from './support/tiny-host.js';

const [ana, ben, cleo, dora] = ['ana', 'ben', 'cleo', 'dora'].map((name) => new Stranger(name)) as [
  Stranger,
  Stranger,
  Stranger,
  Stranger,
];

function contact(person: PersonId, trust: ContactTrust): Parameters<Roster['put']>[0] {
  return { jid: `${person}@mesh`, person, petname: '', groups: [], trust };
}

function world(): { readonly standing: PeopleStanding; readonly directory: Directory; readonly rosters: Roster[] } {
  const directory = new Directory('mesh');
  const rosters = [new Roster(), new Roster()];
  return { standing: new PeopleStanding(new Set([ana.id]), () => rosters, directory), directory, rosters };
}

function laptopOf(person: Stranger): ReturnType<typeof nodeIdOf> {
  return nodeIdOf(nodeKeyOf(person.name).publicKey);
}

it('a person is one author, however many devices they use', () => {
  const { standing } = world();
  expect(standing.authorOf(`dtn://${ben.id}/laptop`)).toBe(ben.id);
  expect(standing.authorOf(`dtn://${ben.id}/phone`)).toBe(ben.id);
  expect(standing.authorOf('dtn://station/weather')).toBe('station');
  expect(standing.authorOf('ipn:977000.12')).toBe('ipn:977000');
  expect(standing.authorOf('ipn:12.1')).toBe('ipn:12');
});

it('an author stands as high as the best contact that any local person has of them', () => {
  const { standing, rosters } = world();
  rosters[0]?.put(contact(ben.id, 'introduced'));
  rosters[1]?.put(contact(ben.id, 'met'));
  rosters[1]?.put(contact(cleo.id, 'provisioned'));
  expect(standing.tierOfAuthor(ana.id)).toBe('own');
  expect(standing.tierOfAuthor(ben.id)).toBe('met');
  expect(standing.tierOfAuthor(cleo.id)).toBe('provisioned');
  expect(standing.tierOfAuthor(dora.id)).toBe('unknown');
  expect(standing.tierOfAuthor('station')).toBe('foreign');
});

it('a laptop stands as high as the best of those who say that it is theirs, and a stranger’s word lifts nothing', () => {
  const { standing, rosters, directory } = world();
  const profile = (owner: Stranger, laptop: Stranger): void =>
    directory.put(owner.id, `on ${laptop.name}`, {
      version: 1,
      profile: { nickname: owner.name, boxKey: owner.local.box.publicKey, node: laptopOf(laptop) },
    });
  profile(dora, dora);
  profile(dora, cleo);
  expect(standing.tierOfDepositor(laptopOf(dora))).toBe('unknown');
  rosters[0]?.put(contact(ben.id, 'introduced'));
  profile(ben, ben);
  profile(ben, cleo);
  standing.changed();
  expect(standing.tierOfDepositor(laptopOf(ben))).toBe('introduced');
  expect(standing.tierOfDepositor(laptopOf(cleo))).toBe('introduced');
  expect(standing.tierOfDepositor(laptopOf(dora))).toBe('unknown');
  expect(standing.tierOfDepositor('dtn://station/')).toBe('foreign');
});
