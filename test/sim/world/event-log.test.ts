/** What a replay is made from: every step of the messages that are followed. */
import { describe, expect, it } from 'vitest';
import { EventLog, Happening, simulate } from '../../../sim/world/index.js';
import { HOUR_MS, wanderers } from './support.js';

const scenario = wanderers({ durationMs: HOUR_MS / 2 });
const plan = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: `M${index + 1}`,
    from: 0,
    to: 1,
    createdAtMs: index,
    expiresAtMs: 9e9,
    sizeBytes: 1,
  }));

describe('an event log', () => {
  it('tells the life of each message, in order, and changes nothing in the result', async () => {
    const log = new EventLog();
    const result = await simulate(scenario, { log });
    expect(result.digest).toBe((await simulate(scenario)).digest);
    const { events } = log;
    expect(events.map(({ atMs }) => atMs)).toEqual(events.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    for (const message of result.messages) {
      const own = events.filter((event) => log.idOf(event.message) === message.id);
      expect(own[0]).toMatchObject({ happening: Happening.Written, node: message.from, atMs: message.createdAtMs });
      expect(own.filter(({ happening }) => happening === Happening.Copied)).toHaveLength(message.copies);
      const delivered = own.find(({ happening }) => happening === Happening.Delivered);
      expect(delivered?.atMs).toBe(message.deliveredAtMs);
      if (delivered !== undefined) expect(delivered.node).toBe(message.to);
      expect(own.find(({ happening }) => happening === Happening.Receipt)?.atMs).toBe(message.receiptAtMs);
    }
    expect(log.fullAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('tells when laptops go off and on', async () => {
    const log = new EventLog();
    await simulate(
      { ...scenario, faults: { crashesPerDay: 48, downMs: { min: 1000, max: 2000 }, clockErrorMs: 0 } },
      { log },
    );
    expect(log.power.length).toBeGreaterThan(2);
    expect(log.power[0]?.on).toBe(false);
  });

  it('of many messages follows some, evenly, and each of them wholly', () => {
    const log = new EventLog({ maxMessages: 10 });
    log.begin(plan(100), 5);
    expect(plan(100).flatMap((_, index) => (log.follows(index) ? [index] : []))).toEqual([
      0, 10, 20, 30, 40, 50, 60, 70, 80, 90,
    ]);
    const crowded = new EventLog({ maxEvents: 2004 });
    crowded.begin(plan(100), 1000);
    expect(crowded.follows(0)).toBe(true);
    expect(crowded.follows(1)).toBe(false);
  });

  it('says when it was full', () => {
    const log = new EventLog({ maxEvents: 2 });
    log.begin(plan(1), 1);
    for (const atMs of [1, 2, 3, 4]) log.add({ atMs, happening: Happening.Copied, message: 0, node: 1, from: 0 });
    expect(log.events).toHaveLength(2);
    expect(log.fullAtMs).toBe(3);
  });
});
