/** What the daemon promises to whoever runs it, and what it makes of cables that misbehave; in network namespaces. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it, vi } from 'vitest';
import { ensureBuilt } from '../support/hearsay.js';
import { describeOnHosts } from '../support/optional.js';
import type { Daemon } from './daemon.js';
import { eventually } from './eventually.js';
import { AT_ANAS, AT_BENS, ThreeLaptops } from './three-laptops.js';

// Waiting costs nothing, starting three nodes does: more at once would starve each other on a machine with two cores.
vi.setConfig({ maxConcurrency: 3 });
beforeAll(ensureBuilt, 120_000);

/** Waits until both have exactly one session, with each other, and both see it from the same start. */
async function areNeighbours(a: Daemon, b: Daemon): Promise<void> {
  const sees = async (one: Daemon, other: Daemon) => {
    const { neighbours } = await one.status();
    return neighbours.length === 1 && neighbours[0]?.node === other.report.nodeId;
  };
  await eventually('they are neighbours', async () => (await sees(a, b)) && (await sees(b, a)));
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describeOnHosts('daemons in network namespaces', {}, () => {
  it.concurrent('a walker stops cleanly within 2 s of SIGTERM, in the middle of a visit', async (context) => {
    const { ana, walker, network } = ThreeLaptops.set(context, { find: 'by multicast DNS' });
    await Promise.all([ana.switchOn(), walker.switchOn()]);
    network.plug(AT_ANAS);
    await areNeighbours(ana.node, walker.node);
    const { code, tookMs } = await walker.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(2000);
    await eventually('Ana was told', async () => (await ana.node.status()).neighbours.length === 0, 1000);
  });

  it.concurrent('port 0 is a free port, and the ready file and the keys are private', async (context) => {
    const { ana } = ThreeLaptops.set(context, { find: 'by multicast DNS' });
    const { report, readyFile, home } = await ana.switchOn();
    expect(report.tcpcl.port).toBeGreaterThan(1023);
    expect(report.xmpp.port).toBeGreaterThan(1023);
    expect(modeOf(home)).toBe('700');
    expect(modeOf(readyFile)).toBe('600');
    const top = readdirSync(home, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
    expect(top.map(({ name }) => name)).toEqual(expect.arrayContaining(['identity.json', 'control.sock']));
    for (const { name } of top) expect([name, modeOf(join(home, name))]).toEqual([name, '600']);
  });

  it.concurrent('a second node on the same home is refused, and the first one goes on', async (context) => {
    const { ana } = ThreeLaptops.set(context, { find: 'by multicast DNS' });
    const node = await ana.switchOn();
    const second = node.command('start', '--tcpcl', '[::]:0', '--xmpp', '127.0.0.1:0', '--no-discovery');
    expect(second).toMatchObject({ status: 1, stdout: '' });
    expect(second.stderr).toContain(`a node is already running on ${node.home} (process ${node.pid})`);
    expect((await node.status()).pid).toBe(node.pid);
  });

  it.concurrent('two that dial each other at the same moment have one session', async (context) => {
    const { ana, walker, network } = ThreeLaptops.set(context, { find: 'by --peer' });
    network.plug(AT_ANAS);
    await Promise.all([ana.switchOn(), walker.switchOn()]);
    await areNeighbours(ana.node, walker.node);
    const settledFor = async (node: Daemon) => ((await node.status()).neighbours[0]?.sinceMs ?? 0) > 2000;
    await eventually('it lasts', async () => (await settledFor(ana.node)) && (await settledFor(walker.node)));
    await areNeighbours(ana.node, walker.node);
  });

  it.concurrent.for(['by multicast DNS', 'by --peer'] as const)(
    'a cable that is pulled and plugged ten times is a cable again, %s',
    async (find, context) => {
      const { ana, walker, network } = ThreeLaptops.set(context, { find });
      await Promise.all([ana.switchOn(), walker.switchOn()]);
      for (let time = 0; time < 10; time++) {
        network.plug(AT_ANAS);
        network.pull(AT_ANAS);
      }
      network.plug(AT_ANAS);
      await areNeighbours(ana.node, walker.node);
    },
  );

  it.concurrent('laptops without a common cable never meet', async (context) => {
    const { ana, walker, ben, network } = ThreeLaptops.set(context, { find: 'by multicast DNS' });
    await Promise.all([ana.switchOn(), walker.switchOn(), ben.switchOn()]);
    network.plug(AT_ANAS);
    network.plug(AT_BENS);
    await eventually('the walker has two', async () => (await walker.node.status()).neighbours.length === 2);
    await eventually('Ana knows all', async () => (await ana.node.status()).store.byClass.certificates === 3);
    for (const { node } of [ana, ben]) {
      expect((await node.status()).neighbours.map((each) => each.node)).toEqual([walker.node.report.nodeId]);
    }
  });
});
