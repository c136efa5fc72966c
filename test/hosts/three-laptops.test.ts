/**
 * The main job with real programs: three daemons in network namespaces, two stock XMPP clients, cables that are pulled.
 * Ana's laptop and Ben's never meet. What each scenario adds is its name.
 */
import { beforeAll, expect, it, vi } from 'vitest';
import { ensureBuilt } from '../support/hearsay.js';
import { DEBIAN_PYTHON, describeOnHosts } from '../support/optional.js';
import { eventually } from './eventually.js';
import { AT_ANAS, type ThreeLaptops } from './three-laptops.js';
import { atHome, deliver, introduce, isCarried, type Letter, nothingComesTwice, report, write } from './walk.js';

const NEEDS = { programs: [DEBIAN_PYTHON, 'tc', 'faketime'], pythonModules: ['slixmpp'] };
const LARGE = 5 * 1024 * 1024;
/** 5 MiB take 3.5 s: a letter whose age stood still meanwhile would get a stamp that is off by more than is allowed. */
const SLOW_LINK_BITS_PER_S = 12_000_000;
const TWO_YEARS_MS = 2 * 365 * 24 * 3_600_000;

/**
 * The battery is empty, and there was no time for anything. The cable is pulled before it is on again: Ana's node could
 * hand the letter over a second time otherwise, and hide that it was lost.
 */
async function killWalker({ walker, network }: ThreeLaptops): Promise<void> {
  await walker.kill();
  network.pull(AT_ANAS);
  await walker.switchOn();
}

/** Ana writes 5 MiB; the cable is pulled while it crosses. */
async function writeAndCutHalfWay(world: ThreeLaptops): Promise<Letter> {
  const { ana, walker, network } = world;
  network.throttle('ana', 'walker', SLOW_LINK_BITS_PER_S);
  const before = network.sentBytes('ana', 'walker');
  const letter = await write(world, 'the large letter', { bodyBytes: LARGE });
  const hasCrossed = () => network.sentBytes('ana', 'walker') - before;
  await eventually('a third of it has crossed', () => hasCrossed() > LARGE / 3);
  network.pull(AT_ANAS);
  world.note('cut');
  expect(hasCrossed()).toBeLessThan((LARGE * 4) / 5);
  expect((await ana.node.message(letter.id))?.state).toBe('kept');
  // The chunks that have crossed are there, and need not cross again.
  expect((await walker.node.status()).store.byClass.bulk).toBeGreaterThan(50);
  return letter;
}

async function neighbourIsGone({ ana }: ThreeLaptops): Promise<void> {
  await eventually('Ana’s node has noticed', async () => (await ana.node.status()).neighbours.length === 0, 30_000);
}

async function expectSlowClock({ ana }: ThreeLaptops): Promise<void> {
  const { clockTrusted, messages } = await ana.node.status();
  expect(clockTrusted).toBe(false);
  const off = Date.now() - Date.parse(messages.at(-1)?.writtenAt ?? '');
  expect(Math.abs(off - TWO_YEARS_MS)).toBeLessThan(3 * 24 * 3_600_000);
}

// Waiting costs nothing, starting three nodes does: more at once would starve each other on a machine with two cores.
vi.setConfig({ maxConcurrency: 3 });
beforeAll(ensureBuilt, 120_000);

describeOnHosts('three laptops, and one of them walks', NEEDS, () => {
  it.concurrent('with multicast DNS', async (context) => {
    const world = await atHome(context, { find: 'by multicast DNS' });
    await introduce(world);
    const letter = await write(world, 'the letter');
    await isCarried(world, letter);
    world.network.pull(AT_ANAS);
    await deliver(world, letter);
    await report(world, letter);
    await nothingComesTwice(world, letter);
  });

  it.concurrent('with --peer, to somebody of whom nothing was heard yet', async (context) => {
    const world = await atHome(context, { find: 'by --peer' });
    const { ana, ben, network } = world;
    await ana.person.add(ben.node.report.jid, 'Ben');
    const letter = await write(world, 'the letter');
    expect(await ana.node.message(letter.id)).toMatchObject({ state: 'kept', waitingForKey: true });
    await introduce(world);
    await isCarried(world, letter);
    network.pull(AT_ANAS);
    await deliver(world, letter);
    await report(world, letter);
    await nothingComesTwice(world, letter);
  });

  it.concurrent('and is killed right after it acknowledged', async (context) => {
    const world = await atHome(context, { find: 'by --peer' });
    await introduce(world);
    const letter = await write(world, 'the letter');
    await isCarried(world, letter);
    await killWalker(world);
    await deliver(world, letter);
    await report(world, letter);
    await nothingComesTwice(world, letter);
  });

  it.concurrent('from a laptop whose clock is two years slow', async (context) => {
    const world = await atHome(context, { find: 'by --peer' }, '-2y');
    await introduce(world);
    const letter = await write(world, 'the letter');
    await expectSlowClock(world);
    await isCarried(world, letter);
    world.network.pull(AT_ANAS);
    await deliver(world, letter);
    await report(world, letter);
    await nothingComesTwice(world, letter);
  });

  it.concurrent('and the link is cut in the middle of 5 MiB', async (context) => {
    const world = await atHome(context, { find: 'by multicast DNS' });
    await introduce(world);
    const letter = await writeAndCutHalfWay(world);
    await neighbourIsGone(world);
    world.network.plug(AT_ANAS);
    await isCarried(world, letter);
    world.network.pull(AT_ANAS);
    await deliver(world, letter);
    await report(world, letter);
    await nothingComesTwice(world, letter);
  });

  it.concurrent('and all three happen at once', async (context) => {
    const world = await atHome(context, { find: 'by --peer' });
    const { ana, network } = world;
    await introduce(world);
    await ana.kill();
    await ana.switchOn('-2y');
    await ana.person.logIn(ana.node);
    const letter = await writeAndCutHalfWay(world);
    await expectSlowClock(world);
    network.plug(AT_ANAS);
    await isCarried(world, letter);
    await killWalker(world);
    await deliver(world, letter);
    await report(world, letter);
    await nothingComesTwice(world, letter);
  });
});
