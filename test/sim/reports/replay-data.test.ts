/** What the replay is given, and what its parts make of it. */
import { describe, expect, it } from 'vitest';
import { layOut } from '../../../sim/reports/html/layout.js';
import { journeys } from '../../../sim/reports/html/page/journeys.js';
import { meshState } from '../../../sim/reports/html/page/mesh-state.js';
import { tracks } from '../../../sim/reports/html/page/tracks.js';
import { packReplay, REPLAY_LIMITS } from '../../../sim/reports/html/replay-data.js';
import { contactsOf, EventLog, pathOf, simulate } from '../../../sim/world/index.js';
import { contactPlan, HOUR_MS, wanderers } from '../world/support.js';

const scenario = wanderers({
  durationMs: HOUR_MS / 3,
  traffic: wanderers().traffic.map((source) => ({ ...source, intervalMs: { min: 20_000, max: 40_000 } })),
});
const log = new EventLog();
const result = await simulate(scenario, { log });
const { replay, notes } = packReplay(scenario, result, log);
const mobility = scenario.groups[0]?.mobility ?? expect.fail('wanderers move');

describe('a replay', () => {
  it('has everybody where they were, to a tenth of a metre', () => {
    const where = tracks(replay.paths);
    // Time goes forwards and backwards.
    for (const atMs of [0, 300_000, 1_199_000, 700_000, 1000]) {
      for (let node = 0; node < 10; node++) {
        const leg = [...pathOf(scenario, mobility, node, node)].find(
          ({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs,
        );
        if (leg === undefined) return expect.fail('paths have no gaps');
        const share = (atMs - leg.fromMs) / (leg.toMs - leg.fromMs);
        where.place(node, atMs / 100);
        expect(Math.abs(where.x / 10 - (leg.fromX + share * (leg.toX - leg.fromX)))).toBeLessThan(0.3);
        expect(Math.abs(where.y / 10 - (leg.fromY + share * (leg.toY - leg.fromY)))).toBeLessThan(0.3);
      }
    }
  });

  it('has the links that there were, whichever way time goes', () => {
    const mesh = meshState(10, replay.contacts, replay.power);
    for (const atMs of [600_050, 100_050, 1_100_050, 0, 900_050]) {
      const expected = new Set<number>();
      for (const { atMs: changed, a, b, up } of contactsOf(scenario).events()) {
        if (changed > atMs) break;
        if (up) expected.add(a * 10 + b);
        else expected.delete(a * 10 + b);
      }
      mesh.seek(atMs / 100);
      expect(new Set(mesh.links.keys())).toEqual(expected);
    }
  });

  it('knows who has a message when, and how it came to its recipient', () => {
    const told = journeys(replay.events, replay.messages);
    const index = replay.messages.findIndex(
      ({ path }, at) => (path?.length ?? 0) > 2 && told.carriages(at).some(({ from, to }) => to > from + 600),
    );
    const message = replay.messages[index] ?? expect.fail('something was relayed');
    const ways = told.carriages(index);
    expect(ways.map(({ node }) => node)).toEqual(message.path?.slice(0, -1));
    for (const { node, from, to } of ways) {
      expect(to).toBeGreaterThanOrEqual(from);
      // Within a tenth of a second it may have come, gone on and been let go.
      if (to > from) expect(told.holders(index, from).has(node)).toBe(true);
    }
    expect(told.holders(index, message.createdS * 10 - 1).size).toBe(0);
  });

  it('says nothing was left out when nothing was', () => {
    expect(notes).toEqual([]);
    expect(replay.isMap).toBe(true);
    expect(replay.shown).toHaveLength(10);
    expect(replay.messages).toHaveLength(result.messages.length);
  });

  it('leaves out every second node when there is too much, and says so', () => {
    const few = packReplay(scenario, result, log, { ...REPLAY_LIMITS, nodes: 5 });
    expect(few.replay.shown).toEqual([0, 2, 4, 6, 8]);
    expect(few.notes.join()).toContain('5 of 10 nodes are shown');
    const corners = packReplay(scenario, result, log, { ...REPLAY_LIMITS, corners: 60 }).replay;
    expect(corners.paths.reduce((sum, { length }) => sum + length / 3, 0)).toBeLessThanOrEqual(60);
    expect(corners.paths).toHaveLength(corners.shown.length);
    const quiet = packReplay(scenario, result, log, { ...REPLAY_LIMITS, contacts: 10 }).replay;
    expect(quiet.contacts.length / 3).toBeLessThanOrEqual(10);
    expect(quiet.paths).toHaveLength(quiet.shown.length);
  });

  it('says which messages it follows, and until when', async () => {
    const small = new EventLog({ maxMessages: 3, maxEvents: 30 });
    const { notes: said, replay: little } = packReplay(scenario, await simulate(scenario, { log: small }), small);
    expect(little.messages.length).toBeLessThanOrEqual(3);
    expect(said.join()).toMatch(/\d of \d+ messages can be followed/);
  });

  it('of contacts alone lays nodes out, those who meet close together', async () => {
    const traced = wanderers({
      durationMs: HOUR_MS / 6,
      contacts: contactPlan(10, HOUR_MS / 6, [
        [10, 500, 0, 1],
        [10, 500, 1, 2],
        [10, 500, 0, 2],
        [10, 500, 7, 8],
      ]),
    });
    const own = new EventLog();
    const packed = packReplay(traced, await simulate(traced, { log: own }), own);
    expect(packed.replay.isMap).toBe(false);
    expect(packed.notes.join()).toContain('no places');
    expect(packed.replay.paths.every(({ length }) => length === 3)).toBe(true);
  });
});

describe('a layout', () => {
  const together = new Map([
    [0 * 6 + 1, 100],
    [1 * 6 + 2, 100],
    [3 * 6 + 4, 100],
    [4 * 6 + 5, 100],
  ]);

  it('puts those who meet closer than those who do not, within its square, the same each time', () => {
    const places = layOut(6, together, 1000);
    const distance = (a: number, b: number): number =>
      Math.hypot((places[a]?.x ?? 0) - (places[b]?.x ?? 0), (places[a]?.y ?? 0) - (places[b]?.y ?? 0));
    expect(distance(0, 1)).toBeLessThan(distance(0, 4));
    expect(distance(3, 4)).toBeLessThan(distance(1, 4));
    for (const { x, y } of places) expect(Math.min(x, y, 1000 - x, 1000 - y)).toBeGreaterThanOrEqual(0);
    expect(layOut(6, together, 1000)).toEqual(places);
  });

  it('of one node, or of too many to push about, is still one', () => {
    expect(layOut(1, new Map(), 1000)).toEqual([{ x: 0, y: 0 }]);
    expect(new Set(layOut(1000, new Map(), 10_000).map(({ x, y }) => `${x} ${y}`)).size).toBe(1000);
  });
});
