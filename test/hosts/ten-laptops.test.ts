/**
 * Ten real nodes on bad cables that come and go, two of them killed every few seconds: what was acknowledged arrives, once,
 * and memory stays flat.
 *
 * `HEARSAY_HOSTS_SECONDS=600 npx vitest run test/hosts/ten-laptops.test.ts` keeps it up for ten minutes; the seed of what
 * happens to the mesh is printed, and `HEARSAY_HOSTS_SEED` sets it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/base/index.js';
import { ensureBuilt } from '../support/hearsay.js';
import { describeOnHosts } from '../support/optional.js';
import { Person } from './client.js';
import { Daemon } from './daemon.js';
import { eventually } from './eventually.js';
import { type Cable, Network } from './namespaces.js';

const SECONDS = Number(process.env.HEARSAY_HOSTS_SECONDS ?? 10);
const SEED = Number(process.env.HEARSAY_HOSTS_SEED ?? 1);
const PORT = 4556;
/** The two who write, at opposite ends; the others carry. The steady one is never killed, so its memory can be watched. */
const ANA = 'h0';
const BEN = 'h5';
const STEADY = 'h2';
const NAMES = Array.from({ length: 10 }, (_, index) => `h${index}`);
/** A ring with two chords: every cable may fail, and there is mostly a way around. */
const CABLES: readonly Cable[] = [
  ...NAMES.map((name, index): Cable => [name, NAMES[(index + 1) % NAMES.length] ?? name]),
  ['h1', 'h6'],
  ['h3', 'h8'],
];
const KILL_EVERY_MS = 4000;
const CHANGE_EVERY_MS = 1500;
const WRITE_EVERY_MS = 5000;
/** Beyond what it has after everybody has met, a node may grow by this: buffers, and garbage not collected yet. */
const GROWTH_KIB = 80 * 1024;

const NEEDS = { programs: ['tc', 'iptables'], pythonModules: ['slixmpp'] };

class TenLaptops {
  readonly network = new Network(CABLES);
  readonly nodes = new Map<string, Daemon>();
  readonly people = new Map<string, Person>();
  readonly log: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'hearsay-hosts-'));

  constructor(random: Random) {
    for (const cable of CABLES) {
      for (const [from, to] of [cable, [cable[1], cable[0]] as const]) {
        this.network.impair(from, to, { delayMs: 5 + Math.floor(30 * random.unit()), lossPercent: 2 });
      }
      this.network.plug(cable);
    }
    for (const name of [ANA, BEN]) this.people.set(name, new Person(this.network.inside(name)));
  }

  async start(name: string): Promise<Daemon> {
    const peers = CABLES.filter((cable) => cable.includes(name)).map(([a, b]) => (a === name ? b : a));
    const flags = [
      ...['--tcpcl', `[::]:${PORT}`, '--no-discovery'],
      ...peers.flatMap((peer) => ['--peer', `${this.network.address(peer, name)}:${PORT}`]),
    ];
    const options = { inside: this.network.inside(name), folder: join(this.#folder, name), nick: name, flags };
    const node = await Daemon.start(options, (text) => this.log.push(text.replace(/^(?=.)/gm, `${name} `)));
    this.nodes.set(name, node);
    return node;
  }

  node(name: string): Daemon {
    return this.nodes.get(name) ?? expect.fail(`${name} was never started`);
  }

  person(name: string): Person {
    return this.people.get(name) ?? expect.fail(`nobody writes on ${name}`);
  }

  async takeDown(): Promise<void> {
    await Promise.all([...this.people.values()].map((person) => person.leave()));
    await Promise.all([...this.nodes.values()].map((node) => node.kill()));
    this.network.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function residentKiB(node: Daemon): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${node.pid}/status`, 'utf8'))?.[1] ?? 0);
}

/** Cables and nodes fail for so long; nobody who writes is killed while a message is being handed over. */
async function trouble(world: TenLaptops, random: Random, write: () => Promise<void>): Promise<void> {
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random.unit() * from.length)];
  const until = performance.now() + SECONDS * 1000;
  let [killAt, changeAt, writeAt] = [performance.now(), performance.now(), performance.now()];
  const pulled = new Set<Cable>();
  while (performance.now() < until) {
    const now = performance.now();
    if (now >= writeAt) {
      await write();
      writeAt = now + WRITE_EVERY_MS;
    }
    if (now >= changeAt) {
      const cable = pick(CABLES);
      if (cable !== undefined && pulled.delete(cable)) world.network.plug(cable);
      else if (cable !== undefined) {
        world.network.pull(cable);
        pulled.add(cable);
      }
      changeAt = now + CHANGE_EVERY_MS;
    }
    if (now >= killAt) {
      const victims = NAMES.filter((name) => name !== STEADY && name !== ANA && name !== BEN);
      const pair = [pick(victims), pick(victims)].filter((name) => name !== undefined);
      await Promise.all([...new Set(pair)].map((name) => world.node(name).kill()));
      await Promise.all([...new Set(pair)].map((name) => world.start(name)));
      killAt = now + KILL_EVERY_MS;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const cable of pulled) world.network.plug(cable);
}

beforeAll(ensureBuilt, 120_000);

describeOnHosts('ten laptops', NEEDS, () => {
  it('lose nothing that was acknowledged, whatever fails', { timeout: SECONDS * 1000 + 240_000 }, async (context) => {
    const random = seededRandom(SEED);
    const world = new TenLaptops(random);
    context.onTestFinished(() => world.takeDown());
    context.onTestFailed(() => console.error(`seed ${SEED}\n${world.log.slice(-400).join('')}`));
    for (const name of NAMES) await world.start(name);
    for (const name of [ANA, BEN]) await world.person(name).logIn(world.node(name));
    // Whoever writes has to have heard of the other.
    const jidOf = (name: string): string => world.node(name).report.jid;
    await eventually(
      'the two have heard of each other',
      async () => {
        const known = (await world.node(ANA).status()).store.byClass.certificates;
        return known === NAMES.length && (await world.node(BEN).status()).store.byClass.certificates === NAMES.length;
      },
      60_000,
    );

    const written: { readonly from: string; readonly to: string; readonly id: string }[] = [];
    const write = async (): Promise<void> => {
      const [from, to] = written.length % 2 === 0 ? [ANA, BEN] : [BEN, ANA];
      const id = `letter-${written.length}`;
      await world.person(from).write(jidOf(to), id, { body: `${id} of ${from}` });
      // What the node answers after this, it has taken over the message before.
      await world.person(from).ping();
      written.push({ from, to, id });
    };
    await write();
    const before = residentKiB(world.node(STEADY));
    await trouble(world, random, write);
    await write();

    for (const { from, to, id } of written) {
      await world.person(to).reads(id, 120_000);
      await world.person(from).learnsOfDelivery(id, 120_000);
    }
    expect(written.length).toBeGreaterThanOrEqual(2 + Math.floor((SECONDS * 1000) / (3 * WRITE_EVERY_MS)));
    for (const { to, id } of written) expect({ id, times: world.person(to).timesRead(id) }).toEqual({ id, times: 1 });
    expect(residentKiB(world.node(STEADY)) - before).toBeLessThan(GROWTH_KIB);
  });
});
