/** Each way of finding a neighbour, with all others switched off: real daemons in network namespaces, and a cable. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it, type TestContext, vi } from 'vitest';
import { ensureBuilt } from '../support/hearsay.js';
import { describeOnHosts } from '../support/optional.js';
import { Daemon } from './daemon.js';
import { eventually } from './eventually.js';
import { type Cable, Network } from './namespaces.js';

const CABLE: Cable = ['ana', 'ben'];
const HOSTS = ['ana', 'ben'] as const;
type Host = (typeof HOSTS)[number];

interface Ways {
  readonly mdns?: boolean;
  readonly beacons?: boolean;
  readonly polling?: boolean;
  readonly 'derived-address'?: 'link-local' | 'ula';
  readonly nodes?: readonly string[];
}

const NO_WAY: Ways = { mdns: false, beacons: false, polling: false };

/** Two laptops with a cable between them, which is not plugged in at first. */
class TwoLaptops {
  readonly network = new Network([CABLE]);
  readonly #folder = mkdtempSync(join(tmpdir(), 'hearsay-discovery-'));
  readonly #nodes = new Map<Host, Daemon>();
  readonly #log: string[] = [];

  static set({ onTestFinished, onTestFailed }: TestContext): TwoLaptops {
    const laptops = new TwoLaptops();
    onTestFinished(async () => {
      await Promise.all([...laptops.#nodes.values()].map((node) => node.kill()));
      laptops.network.remove();
      rmSync(laptops.#folder, { recursive: true, force: true });
    });
    onTestFailed(() => console.error(laptops.#log.join('')));
    return laptops;
  }

  node(host: Host): Daemon {
    const node = this.#nodes.get(host);
    if (node === undefined) throw new Error(`${host}'s laptop is off`);
    return node;
  }

  /** Switches both on. Only the ways that are named are open. */
  async start(ways: Ways | Readonly<Record<Host, Ways>>, flags: readonly string[] = []): Promise<void> {
    await Promise.all(
      HOSTS.map(async (host) => {
        const config = join(this.#folder, `${host}.json`);
        writeFileSync(config, JSON.stringify({ discovery: { ...NO_WAY, ...('ana' in ways ? ways[host] : ways) } }));
        const node = await Daemon.start(
          {
            inside: this.network.inside(host),
            folder: join(this.#folder, host),
            nick: host,
            flags: ['--config', config, '--tcpcl', '[::]:4556', ...flags],
          },
          (text) => this.#log.push(text.replace(/^(?=.)/gm, `${host} `)),
        );
        this.#nodes.set(host, node);
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(HOSTS.map((host) => this.node(host).stop()));
  }

  /** Waits until each is the other's one neighbour. */
  async meet(): Promise<void> {
    const sees = async (one: Host, other: Host) => {
      const { neighbours } = await this.node(one).status();
      return neighbours.length === 1 && neighbours[0]?.node === this.node(other).report.nodeId;
    };
    await eventually('they have met', async () => (await sees('ana', 'ben')) && (await sees('ben', 'ana')));
  }

  /** Runs the command that `hearsay status` prints, as the operator of that laptop would. */
  giveDerivedAddress(host: Host): void {
    const { stdout } = this.node(host).command('status');
    const command = /sudo (ip -6 addr add \S+) dev INTERFACE/.exec(stdout)?.[1];
    if (command === undefined) throw new Error(`no command in: ${stdout}`);
    const other = host === 'ana' ? 'ben' : 'ana';
    const [program = '', ...args] = [
      ...this.network.inside(host),
      ...command.split(' '),
      'dev',
      `to-${other}`,
      'nodad',
    ];
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }
}

vi.setConfig({ maxConcurrency: 2 });
beforeAll(ensureBuilt, 120_000);

describeOnHosts('two laptops find each other, all other ways switched off', {}, () => {
  it.concurrent.for<[string, Ways]>([
    ['by multicast DNS', { mdns: true }],
    ['by beacons', { beacons: true }],
  ])('%s', async ([_way, ways], context) => {
    const laptops = TwoLaptops.set(context);
    await laptops.start(ways);
    laptops.network.plug(CABLE);
    await laptops.meet();
    // And again, after they were apart.
    laptops.network.pull(CABLE);
    await eventually('they have parted', async () => (await laptops.node('ana').status()).neighbours.length === 0);
    laptops.network.plug(CABLE);
    await laptops.meet();
  });

  it.concurrent('by polling where they met before', async (context) => {
    const laptops = TwoLaptops.set(context);
    const peers = HOSTS.map((host) => laptops.network.address(host, host === 'ana' ? 'ben' : 'ana'));
    laptops.network.plug(CABLE);
    await laptops.start(
      { polling: true },
      peers.flatMap((address) => ['--peer', `${address}:4556`]),
    );
    await laptops.meet();
    // Somebody who only passes is not remembered.
    const since = async () => (await laptops.node('ana').status()).neighbours[0]?.sinceMs ?? 0;
    await eventually('they stay together', async () => (await since()) > 4_000);
    await laptops.stop();
    const file = join(laptops.node('ana').home, 'addresses.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      version: 1,
      nodes: [{ node: `dtn://${laptops.node('ben').report.nodeId}/`, at: [`${peers[1]}:4556`] }],
    });
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    laptops.network.pull(CABLE);
    await laptops.start({ polling: true });
    laptops.network.plug(CABLE);
    await laptops.meet();
  });

  it.concurrent.for(['link-local', 'ula'] as const)(
    'by polling the %s address of a node id, although they never met',
    async (kind, context) => {
      const laptops = TwoLaptops.set(context);
      await laptops.start({});
      const ids = { ana: laptops.node('ana').report.nodeId, ben: laptops.node('ben').report.nodeId };
      await laptops.stop();
      laptops.network.plug(CABLE);
      const derived = { polling: true, 'derived-address': kind } as const;
      await laptops.start({ ana: { ...derived, nodes: [ids.ben] }, ben: derived });
      for (const host of HOSTS) laptops.giveDerivedAddress(host);
      await laptops.meet();
      const { derivedAddress } = await laptops.node('ben').status();
      expect(derivedAddress?.isSet).toBe(true);
      const address = (await laptops.node('ana').status()).neighbours[0]?.address;
      expect(address?.replace(/%.*/, '')).toBe(derivedAddress?.address);
    },
  );
});
