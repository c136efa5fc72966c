/** Every strategy in a mesh of real engines, along a scripted plan: it delivers what it should, by no more copies than it should. */
import { describe, expect, it } from 'vitest';
import { Mesh, type SimNode } from '../../../sim/index.js';
import { type Random, seededRandom } from '../../../src/base/index.js';
import type { StrategyChoice } from '../../../src/gossip/index.js';
import { BundleClass } from '../../../src/store/index.js';

const MINUTE = 60_000;

class Village {
  readonly mesh: Mesh;
  readonly #nodes = new Map<string, SimNode>();

  private constructor(seed: number) {
    this.mesh = new Mesh({ seed });
  }

  /** Ana writes, Dora reads, the others walk. Only Carl has met Dora, and everybody has heard of her from him. */
  static async of(strategy: string | StrategyChoice, seed = 11): Promise<Village> {
    const village = new Village(seed);
    for (const name of NAMES) village.#nodes.set(name, await village.mesh.addNode(name, { strategy }));
    await village.meet('carl', 'dora');
    for (const name of ['ana', 'ben', 'eva', 'finn']) await village.meet('carl', name);
    return village;
  }

  node(name: string): SimNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`nobody is called ${name}`);
    return node;
  }

  async meet(a: string, b: string, options: { bytesPerSecond?: number; forMs?: number } = {}): Promise<void> {
    await this.mesh.meet(this.node(a), this.node(b), options);
    await this.mesh.run(options.forMs ?? MINUTE);
    await this.mesh.part(this.node(a), this.node(b));
    await this.mesh.run(30 * MINUTE);
  }

  async send(from: string, to: string, body = 'hello'): Promise<void> {
    const { jid } = this.node(to);
    const reply = this.node(from).command({ command: 'send', message: { to: jid, body } });
    await this.mesh.run(100);
    await reply;
  }

  /** Who holds a message. */
  get holders(): readonly string[] {
    return NAMES.filter((name) => {
      const node = this.node(name);
      return (node.engine.status(node.now()).store.byClass.messages ?? 0) > 0;
    });
  }

  inboxOf(name: string): readonly string[] {
    const node = this.node(name);
    return node.engine.inbox(node.person).map(({ body }) => body);
  }

  stateAt(name: string): string | undefined {
    const node = this.node(name);
    return node.engine.sent(node.person)[0]?.state.state;
  }
}

const NAMES = ['ana', 'ben', 'carl', 'dora', 'eva', 'finn'] as const;

describe('direct', () => {
  it('waits for the recipient', async () => {
    const village = await Village.of('direct');
    await village.send('ana', 'dora');
    for (const name of ['ben', 'carl', 'eva']) await village.meet('ana', name);
    await village.meet('carl', 'dora');
    expect(village.holders).toEqual(['ana']);
    await village.meet('ana', 'dora');
    expect(village.inboxOf('dora')).toEqual(['hello']);
    expect([village.stateAt('ana'), village.holders]).toEqual(['delivered', []]);
  });
});

describe('epidemic', () => {
  it('gives everybody a copy', async () => {
    const village = await Village.of('epidemic');
    await village.send('ana', 'dora');
    await village.meet('ana', 'ben');
    await village.meet('ben', 'eva');
    expect(village.holders).toEqual(['ana', 'ben', 'eva']);
    await village.meet('eva', 'dora');
    expect(village.inboxOf('dora')).toEqual(['hello']);
  });
});

describe('first contact', () => {
  it('moves one copy on, and the author keeps hers to herself', async () => {
    const village = await Village.of('first-contact');
    await village.send('ana', 'dora');
    await village.meet('ana', 'ben');
    await village.meet('ana', 'eva');
    expect(village.holders).toEqual(['ana', 'ben']);
    await village.meet('ben', 'eva');
    expect(village.holders).toEqual(['ana', 'eva']);
    // It never goes back to where it was.
    await village.meet('eva', 'ben');
    expect(village.holders).toEqual(['ana', 'eva']);
    await village.meet('eva', 'dora');
    expect(village.inboxOf('dora')).toEqual(['hello']);
    await village.meet('eva', 'ana');
    expect([village.stateAt('ana'), village.holders]).toEqual(['delivered', []]);
  });
});

describe('spray and wait', () => {
  const four: StrategyChoice = { name: 'spray-and-wait', parameters: { copies: 4 } };

  it('hands out half and half, and then waits', async () => {
    const village = await Village.of(four);
    await village.send('ana', 'dora');
    await village.meet('ana', 'ben');
    await village.meet('ben', 'carl');
    await village.meet('ana', 'eva');
    // 4 = 2 + 2; Ben's 2 = 1 + 1; Ana's 2 = 1 + 1: all are out.
    expect(village.holders).toEqual(['ana', 'ben', 'carl', 'eva']);
    for (const name of ['ana', 'ben', 'carl', 'eva']) await village.meet(name, 'finn');
    expect(village.holders).toEqual(['ana', 'ben', 'carl', 'eva']);
    await village.meet('eva', 'dora');
    expect(village.inboxOf('dora')).toEqual(['hello']);
  });

  it('gives what a cut kept from a neighbour to the same neighbour later', async () => {
    const village = await Village.of({ name: 'spray-and-wait', parameters: { copies: 2 } });
    await village.send('ana', 'dora', 'x'.repeat(15_000));
    await village.meet('ana', 'ben', { bytesPerSecond: 3_000, forMs: 2_000 });
    expect(village.holders).toEqual(['ana']);
    // The copy was set aside for Ben: Eva can't have it, Ben can.
    await village.meet('ana', 'eva');
    expect(village.holders).toEqual(['ana']);
    await village.meet('ana', 'ben');
    expect(village.holders).toEqual(['ana', 'ben']);
  });

  it('never has more copies on disks than the budget, whatever is cut and whoever crashes', {
    timeout: 60_000,
  }, async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const village = await Village.of({ name: 'spray-and-wait', parameters: { copies: 5 } }, seed);
      const random = seededRandom(seed);
      await village.send('ana', 'dora', 'x'.repeat(2_000));
      for (let step = 0; step < 40; step++) {
        await disturb(village, random);
        const copies = await Promise.all(NAMES.map((name) => copiesOnDisk(village.node(name))));
        expect(
          copies.reduce((sum, count) => sum + count, 0),
          `seed ${seed}, step ${step}`,
        ).toBeLessThanOrEqual(5);
      }
    }
  });
});

/** A meeting of two who are not the recipient, cut at any moment or not, and a crash at any moment or not. */
async function disturb(village: Village, random: Random): Promise<void> {
  const { mesh } = village;
  const pick = (): SimNode => village.node(WALKERS[Math.floor(random.unit() * WALKERS.length)] ?? 'ana');
  const [a, b] = [pick(), pick()];
  if (a === b) return;
  if (random.unit() < 0.3) {
    const victim = random.unit() < 0.5 ? a : b;
    mesh.time.after(random.unit() * 150, async () => {
      await mesh.crash(victim);
      await victim.start();
    });
  }
  await mesh.meet(a, b, { forMs: random.unit() < 0.5 ? random.unit() * 120 : MINUTE, bytesPerSecond: 100_000 });
  await mesh.run(2 * MINUTE);
}

const WALKERS = ['ana', 'ben', 'carl', 'eva', 'finn'];

async function copiesOnDisk(node: SimNode): Promise<number> {
  const { entries } = await node.disk();
  return entries.reduce((sum, { class: of, copies }) => sum + (of === BundleClass.Message ? (copies ?? 1) : 0), 0);
}

describe('prophet', () => {
  it('gives a copy to whoever is likelier to meet the recipient, at first or at second hand', async () => {
    const village = await Village.of('prophet');
    await village.meet('carl', 'dora');
    await village.send('ana', 'dora');
    // Ana has met Carl, so she knows Dora at second hand; Finn and Eva know no better than she does.
    await village.meet('ana', 'finn');
    expect(village.holders).toEqual(['ana']);
    await village.meet('ana', 'carl');
    expect(village.holders).toEqual(['ana', 'carl']);
    await village.meet('carl', 'eva');
    expect(village.holders).toEqual(['ana', 'carl']);
    await village.meet('carl', 'dora');
    expect(village.inboxOf('dora')).toEqual(['hello']);
  });

  it('offers later what it withheld before, when a neighbour has become likelier', async () => {
    const village = await Village.of('prophet');
    await village.send('ana', 'dora');
    await village.meet('ana', 'finn');
    expect(village.holders).toEqual(['ana']);
    for (let n = 0; n < 3; n++) await village.meet('finn', 'dora');
    await village.meet('ana', 'finn');
    expect(village.holders).toEqual(['ana', 'finn']);
  });

  it('remembers over a restart whom it met', async () => {
    const village = await Village.of('prophet');
    await village.mesh.run(2 * MINUTE);
    await village.mesh.crash(village.node('carl'));
    await village.node('carl').start();
    await village.send('ana', 'dora');
    await village.meet('ana', 'carl');
    expect(village.holders).toEqual(['ana', 'carl']);
  });
});

describe.each(['maxprop', 'utility'])('%s', (strategy) => {
  it('delivers along the plan', async () => {
    const village = await Village.of(strategy);
    await village.send('ana', 'dora');
    await village.meet('ana', 'ben');
    await village.meet('ben', 'dora');
    expect(village.inboxOf('dora')).toEqual(['hello']);
    await village.meet('ben', 'ana');
    expect([village.stateAt('ana'), village.holders]).toEqual(['delivered', []]);
  });

  it('sends first over a short link what the neighbour is likely to deliver', async () => {
    const village = await Village.of(strategy);
    for (let n = 0; n < 3; n++) await village.meet('carl', 'dora');
    await village.send('ana', 'dora', 'x'.repeat(20_000));
    // The newer message would go first, were it not for the strategy.
    await village.send('ana', 'finn', 'y'.repeat(20_000));
    await village.meet('ana', 'carl', { bytesPerSecond: 10_000, forMs: 4_000 });
    await village.meet('carl', 'dora');
    await village.meet('carl', 'finn');
    expect(village.inboxOf('dora')).toHaveLength(1);
    expect(village.inboxOf('finn')).toHaveLength(0);
  });
});
