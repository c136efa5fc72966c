/** Whole runs: repeatable to the byte, as good as the oracle where nothing is scarce, and worse where it should be. */
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../../sim/reports/types.js';
import type { Scenario } from '../../../sim/scenario/types.js';
import { simulate } from '../../../sim/world/index.js';
import { contactPlan, HOUR_MS, wanderers } from './support.js';

const radio = wanderers().radios[0] ?? expect.fail('wanderers have a radio');
const engine = wanderers().engine;

/** What was found out, without what is about this machine. */
const found = ({ made: _, ...rest }: RunResult): unknown => rest;
const deliveries = ({ messages }: RunResult): unknown =>
  messages.map(({ id, deliveredAtMs, path }) => [id, deliveredAtMs === undefined ? '-' : path]);
const delivered = ({ messages }: RunResult): number =>
  messages.filter(({ deliveredAtMs }) => deliveredAtMs !== undefined).length;

/** One message from 0 to the last node. */
function relay(plan: Parameters<typeof contactPlan>[2], changes: Partial<Scenario> = {}): Scenario {
  const nodes = Math.max(...plan.map(([, , , b]) => b)) + 1;
  const durationMs = HOUR_MS;
  return wanderers({
    durationMs,
    groups: [
      { name: 'first', count: 1, radios: [0] },
      { name: 'others', count: nodes - 2, radios: [0] },
      { name: 'last', count: 1, radios: [0] },
    ],
    contacts: contactPlan(nodes, durationMs, plan),
    traffic: [
      {
        from: ['first'],
        to: ['last'],
        intervalMs: { min: 1000, max: 1000 },
        sizeBytes: { min: 1000, max: 1000 },
        startMs: 0,
        endMs: 1500,
      },
    ],
    ...changes,
  });
}

describe('a run', () => {
  it('repeats to the byte, and says so by its digest', async () => {
    const first = await simulate(wanderers());
    const second = await simulate(wanderers());
    expect(found(second)).toEqual(found(first));
    expect(second.digest).toBe(first.digest);
  });

  it('is another one under another seed', async () => {
    const [one, other] = [await simulate(wanderers()), await simulate(wanderers({ seed: 2 }))];
    expect(other.digest).not.toBe(one.digest);
  });

  it('delivers whatever can be delivered, when it can, where nothing is scarce', async () => {
    const { messages } = await simulate(wanderers());
    expect(messages.length).toBeGreaterThan(20);
    let reachable = 0;
    for (const { oracle, deliveredAtMs, createdAtMs } of messages) {
      expect(deliveredAtMs === undefined).toBe(oracle.earliestAtMs === undefined);
      if (deliveredAtMs === undefined || oracle.earliestAtMs === undefined) continue;
      reachable += 1;
      expect(deliveredAtMs).toBeGreaterThanOrEqual(oracle.earliestAtMs);
      // Handshakes, and what else is on the way.
      expect(deliveredAtMs - oracle.earliestAtMs).toBeLessThan(5000);
      expect(deliveredAtMs).toBeGreaterThan(createdAtMs);
    }
    expect(reachable).toBeGreaterThan(15);
  });

  it('gives the same deliveries with real keys as with stand-ins, of the same size', async () => {
    const small = { engine: { ...engine, wire: 'objects' as const } };
    const objects = await simulate(wanderers(small));
    const real = await simulate(wanderers({ ...small, engine: { ...engine, wire: 'real' } }));
    expect(deliveries(real)).toEqual(deliveries(objects));
    // Whom of several a bundle is asked of first depends on ids, and those on keys.
    expect(Math.abs(real.bytes.message / objects.bytes.message - 1)).toBeLessThan(0.05);
    expect(delivered(real)).toBeGreaterThan(10);
  });

  it('carries bundles of the same size to the byte, whatever the keys', async () => {
    const plan = [
      [10, 20, 0, 1],
      [30, 40, 1, 2],
      [50, 60, 1, 2],
      [70, 80, 0, 1],
    ] as const;
    const objects = await simulate(relay(plan));
    const real = await simulate(relay(plan, { engine: { ...engine, wire: 'real' } }));
    expect(real.bytes.message).toBe(objects.bytes.message);
    expect(real.bytes.receipt).toBe(objects.bytes.receipt);
    expect(real.bytes.receipt).toBeGreaterThan(0);
  });

  it('that is stopped says how far it got', async () => {
    const stop = new AbortController();
    const result = await simulate(wanderers(), {
      signal: stop.signal,
      onProgress: (share) => share > 0.3 && stop.abort(),
    });
    expect(result.complete).toBe(false);
    expect(result.endedAtMs).toBeGreaterThan(0.3 * HOUR_MS);
    expect(result.messages.every(({ createdAtMs }) => createdAtMs < result.endedAtMs)).toBe(true);
  });
});

describe('a link', () => {
  const chain = [
    [10, 20, 0, 1],
    [30, 40, 1, 2],
  ] as const;

  it('carries a message on, and the receipt does not come back without one', async () => {
    const { messages } = await simulate(relay(chain));
    expect(messages).toMatchObject([{ path: [0, 1, 2], hops: 2, oracle: { earliestAtMs: 30_000 } }]);
    expect(messages[0]?.receiptAtMs).toBeUndefined();
  });

  it('that comes again brings the receipt', async () => {
    const { messages } = await simulate(relay([...chain, [50, 60, 0, 1]]));
    expect(messages[0]?.receiptAtMs).toBeGreaterThan(50_000);
    expect(messages[0]?.receiptAtMs).toBeLessThan(51_000);
  });

  it('that is too short for its bandwidth delivers nothing', async () => {
    const slow = { ...radio, bytesPerSecond: 500 };
    const result = await simulate(relay([[10, 11, 0, 1]], { radios: [slow] }));
    expect(delivered(result)).toBe(0);
    expect(result.messages[0]?.oracle).toEqual({ earliestAtMs: 10_000 });
  });

  it('waits until it is set up', async () => {
    const { messages } = await simulate(relay(chain, { radios: [{ ...radio, setupMs: 4000 }] }));
    expect(messages[0]?.deliveredAtMs).toBeGreaterThan(34_000);
    const late = await simulate(relay(chain, { radios: [{ ...radio, setupMs: 11_000 }] }));
    expect(delivered(late)).toBe(0);
  });

  it('takes longer when the air loses much, and as long when control is free', async () => {
    const slow = { ...radio, bytesPerSecond: 2000 };
    const arrival = async (changes: Partial<Scenario>): Promise<number> =>
      (await simulate(relay([[10, 300, 0, 1]], changes))).messages[0]?.deliveredAtMs ?? Number.POSITIVE_INFINITY;
    const plain = await arrival({ radios: [slow] });
    expect(await arrival({ radios: [{ ...slow, loss: 0.6 }] })).toBeGreaterThan(plain);
    expect(await arrival({ radios: [slow], engine: { ...engine, control: 'free' } })).toBeLessThan(plain);
  });

  it('shares the air with all who hear it', async () => {
    const room = (sharedAirtime: boolean): Scenario => {
      const plan: [number, number, number, number][] = [];
      for (let a = 0; a < 8; a++) for (let b = a + 1; b < 8; b++) plan.push([10, 400, a, b]);
      return relay(plan, { radios: [{ ...radio, bytesPerSecond: 20_000, sharedAirtime }] });
    };
    const alone = (await simulate(room(false))).messages[0]?.deliveredAtMs ?? 0;
    const shared = (await simulate(room(true))).messages[0]?.deliveredAtMs ?? 0;
    expect(alone).toBeGreaterThan(0);
    expect(shared).toBeGreaterThan(alone);
  });
});

describe('faults', () => {
  it('cost time, and nothing that was kept', async () => {
    const faults = { crashesPerDay: 24, downMs: { min: 10_000, max: 60_000 }, clockErrorMs: 3_600_000 };
    const result = await simulate(wanderers({ faults }));
    const reachable = result.messages.filter(({ oracle }) => oracle.earliestAtMs !== undefined).length;
    expect(delivered(result)).toBeGreaterThan(0.7 * reachable);
    expect(delivered(result)).toBeLessThanOrEqual(reachable);
    expect((await simulate(wanderers({ faults }))).digest).toBe(result.digest);
  });

  it('break links that come again', async () => {
    const broken = await simulate(relay([[10, 3000, 0, 1]], { radios: [{ ...radio, breaksPerHour: 600 }] }));
    expect(delivered(broken)).toBe(1);
  });
});

describe('scarce room', () => {
  it('is kept to', async () => {
    const quotaBytes = 20_000;
    const result = await simulate(wanderers({ engine: { ...engine, quotaBytes } }));
    expect(result.buffers.samples.every(({ max }) => max <= 1)).toBe(true);
    const plenty = await simulate(wanderers());
    expect(delivered(result)).toBeLessThan(delivered(plenty));
    expect((result.refusals.quota ?? 0) + (result.drops.evicted ?? 0)).toBeGreaterThan(0);
  });
});
