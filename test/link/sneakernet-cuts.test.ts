/** The stick is pulled out before every single operation, and what was not synced by then survives or does not. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/index.js';
import { type BundleKey, bundleKey, decodeBundle } from '../../src/bundle/index.js';
import { Carriers } from '../../src/link/sneakernet/carriers.js';
import { mayHold } from '../../src/link/sneakernet/filter.js';
import { decodeManifest } from '../../src/link/sneakernet/manifest.js';
import { parseBundleName } from '../../src/link/sneakernet/names.js';
import { MemoryStick, type Survival } from './support/memory-stick.js';
import { StickLaptop, villageTime } from './support/stick-laptop.js';

const BODIES = ['one', 'two', 'three'];

/** What of the unsynced changes survives, and how much of a file that was being written. */
const FATES: readonly { readonly name: string; readonly survives: Survival; readonly tornShare: number }[] = [
  { name: 'all that was unsynced survives, the file in the making as half', survives: () => true, tornShare: 0.5 },
  { name: 'nothing unsynced survives', survives: () => false, tornShare: 0 },
  {
    name: 'every other change survives, the file in the making without its end',
    survives: (index) => index % 2 === 0,
    tornShare: 0.98,
  },
];

interface Scene {
  readonly stick: MemoryStick;
  readonly ana: StickLaptop;
  readonly ben: StickLaptop;
}

/**
 * Ana has three messages for Ben to give, and a message of Ben's with a receipt of another to take; so that her visit
 * takes, clears, gives and records.
 */
async function scene(): Promise<Scene> {
  const time = villageTime();
  const stick = new MemoryStick();
  const ana = await StickLaptop.start('ana', time);
  const ben = await StickLaptop.start('ben', time);
  for (const laptop of [ben, ana, ben]) await laptop.visit(stick);
  await ana.write(ben, 'an earlier one');
  await ana.visit(stick);
  await ben.visit(stick);
  await ben.write(ana, 'hello Ana');
  await ben.visit(stick);
  for (const body of BODIES) await ana.write(ben, body);
  return { stick, ana, ben };
}

async function operationsOfAWholeVisit(): Promise<number> {
  const { stick, ana } = await scene();
  const plugged = stick.replug();
  await ana.visit(plugged);
  return plugged.operations;
}

function intactKeys(stick: MemoryStick): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const path of stick.bundles) {
    try {
      const key = bundleKey(decodeBundle(stick.contentOf(path) ?? new Uint8Array()).primary);
      if (parseBundleName(path.slice('bundles/00/'.length))?.key === key) keys.add(key);
    } catch {
      // A torn file holds no bundle.
    }
  }
  return keys;
}

describe('a stick that is pulled out at any moment', () => {
  it.each(FATES)(
    'loses nothing that was acknowledged: $name',
    async ({ survives, tornShare }) => {
      const operations = await operationsOfAWholeVisit();
      expect(operations).toBeGreaterThan(15);
      for (let cut = 0; cut < operations; cut++) {
        const { stick, ana, ben } = await scene();
        const plugged = stick.replug();
        plugged.pullBefore = cut;
        plugged.tornShare = tornShare;
        const keysOf = (laptop: StickLaptop): ReadonlySet<BundleKey> => new Set(laptop.host.engine.knownKeys());
        await expect(ana.visit(plugged), `cut before operation ${cut}`).rejects.toMatchObject({
          code: 'ERR_STICK_GONE',
        });
        const found = plugged.replug(survives);

        // What Ana counts as carried by the stick is on it, whole.
        const outbox = await ana.store.load();
        const carried = ana.sent.filter(({ state }) => state.state === 'carried').length;
        const intact = intactKeys(found);
        const own = outbox.entries.filter((entry) => entry.own && entry.class === 2).map(({ key }) => key);
        expect(own.filter((key) => intact.has(key)).length, `cut ${cut}`).toBeGreaterThanOrEqual(carried);

        // Whatever manifest is there is true.
        const manifest = found.contentOf(`carriers/${ana.host.engine.node}.manifest`);
        if (manifest !== undefined) {
          const { holdings } = decodeManifest(manifest);
          const held = keysOf(ana);
          for (const key of keysOf(ben)) if (mayHold(holdings, key)) expect(held.has(key), `cut ${cut}`).toBe(true);
        }

        // Ben takes nothing false from it.
        const report = await ben.visit(found);
        expect(ben.inbox.every(({ body }) => [...BODIES, 'an earlier one'].includes(body))).toBe(true);
        expect(Object.keys(report.refused).filter((objection) => objection !== 'malformed')).toEqual([]);

        // And after one more round all has arrived, in both directions, once.
        await ana.visit(found);
        await ben.visit(found);
        expect(ben.inbox.map(({ body }) => body).sort(), `cut ${cut}`).toEqual(['an earlier one', ...BODIES].sort());
        expect(ana.inbox.map(({ body }) => body)).toEqual(['hello Ana']);
        expect(found.paths.filter((path) => path.endsWith('.part'))).toEqual([]);
      }
    },
    120_000,
  );

  it('is left unfinished by nobody: what another laptop is writing stays for a day', async () => {
    const { stick, ana } = await scene();
    const name = `bundles/00/${'0'.repeat(32)}-2${'0'.repeat(16)}.bundle`;
    const now = ana.host.now().wall;
    stick.plant(`${name}.zzzzzzzz.part`, new Uint8Array(10), now - 3_600_000);
    stick.plant(`${name.replace('-2', '-3')}.zzzzzzzz.part`, new Uint8Array(10), now - 3 * 86_400_000);
    stick.plant(`${name}.${ana.host.engine.node.slice(0, 8)}.part`, new Uint8Array(10), now);
    await ana.visit(stick);
    expect(stick.paths.filter((path) => path.endsWith('.part'))).toEqual([`${name}.zzzzzzzz.part`]);
  });

  it('has its own name again after the file with it was torn', async () => {
    const { stick, ana } = await scene();
    const before = toHex(stick.contentOf('stick') ?? new Uint8Array());
    stick.plant('stick', (stick.contentOf('stick') ?? new Uint8Array()).subarray(0, 20));
    await ana.visit(stick);
    const after = toHex(stick.contentOf('stick') ?? new Uint8Array());
    expect(after).toHaveLength(before.length);
    expect(after).not.toBe(before);
  });

  it('is read without a manifest that was torn', async () => {
    const { stick, ana, ben } = await scene();
    const path = `carriers/${ben.host.engine.node}.manifest`;
    const whole = stick.contentOf(path) ?? new Uint8Array();
    stick.plant(path, whole.subarray(0, whole.length - 1));
    const carriers = await Carriers.open(stick, ana.host.engine.node);
    expect(carriers.size).toBe(0);
    expect((await ana.visit(stick)).otherCarriers).toBe(0);
  });
});
