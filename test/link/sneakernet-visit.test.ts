/** What three laptops can do for each other that share nothing but a stick. */
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, toHex } from '../../src/base/index.js';
import { decodeBundle, encodeBundle, withTransit } from '../../src/bundle/index.js';
import { mayHold } from '../../src/link/sneakernet/filter.js';
import { decodeManifest } from '../../src/link/sneakernet/manifest.js';
import { MemoryStick } from './support/memory-stick.js';
import { StickLaptop, type VillageTime, villageTime } from './support/stick-laptop.js';

interface Village {
  readonly time: VillageTime;
  readonly stick: MemoryStick;
  readonly ana: StickLaptop;
  readonly ben: StickLaptop;
}

/** Everybody has heard of everybody: the stick has been around once. */
async function village(): Promise<Village> {
  const time = villageTime();
  const stick = new MemoryStick();
  const ana = await StickLaptop.start('ana', time);
  const ben = await StickLaptop.start('ben', time);
  await ben.visit(stick);
  await ana.visit(stick);
  await ben.visit(stick);
  return { time, stick, ana, ben };
}

describe('a stick that goes from laptop to laptop', () => {
  it('carries a message, and its receipt back', async () => {
    const { time, stick, ana, ben } = await village();
    await ana.write(ben, 'hello Ben');
    const writtenAt = time.now;
    time.now += HOUR_MS;
    const given = await ana.visit(stick);
    expect(given.given).toMatchObject({ bundles: 1, receipts: 0 });
    expect(ana.sent[0]?.state).toEqual({ state: 'carried', by: 1 });
    time.now += 5 * HOUR_MS;
    const atBens = await ben.visit(stick);
    expect(atBens.taken).toMatchObject({ bundles: 1 });
    expect(atBens.given).toMatchObject({ bundles: 1, receipts: 1 });
    expect(ben.inbox).toMatchObject([{ body: 'hello Ben', writtenAt }]);
    time.now += DAY_MS;
    const back = await ana.visit(stick);
    expect(back.taken).toMatchObject({ bundles: 1, receipts: 1 });
    expect(ana.sent[0]?.state).toMatchObject({ state: 'delivered' });
  });

  it('serves a third laptop that comes between the two', async () => {
    const { stick, time, ana, ben } = await village();
    const cem = await StickLaptop.start('cem', time);
    await cem.visit(stick);
    await ana.write(ben, 'over three laptops');
    await ana.visit(stick);
    expect((await cem.visit(stick)).taken.bundles).toBe(1);
    // The stick is lost; Cem carries on with another one.
    const second = new MemoryStick();
    await cem.visit(second);
    await ben.visit(second);
    expect(ben.inbox).toHaveLength(1);
    await ana.visit(second);
    expect(ana.sent[0]?.state).toMatchObject({ state: 'delivered' });
  });

  it('is given nothing twice, and nothing that all others hold', async () => {
    const { stick, ana, ben } = await village();
    await ana.write(ben, 'once');
    expect((await ana.visit(stick)).given.bundles).toBe(1);
    expect((await ana.visit(stick)).given.bundles).toBe(0);
    await ben.visit(stick);
    for (const path of stick.bundles) stick.snatch(path);
    // Ben has said in his manifest what he holds, so it is not written for him again.
    expect((await ana.visit(stick)).given.bundles).toBe(0);
    const cem = await StickLaptop.start('cem', villageTime());
    await cem.visit(stick, { give: true, take: false });
    expect((await ana.visit(stick)).given.bundles).toBeGreaterThan(0);
  });

  it('is rid of a message once its receipt is on it', async () => {
    const { stick, ana, ben } = await village();
    await ana.write(ben, 'soon cleared');
    await ana.visit(stick);
    const before = stick.bundles.filter((path) => path.includes('-2'));
    expect(before).toHaveLength(1);
    const atBens = await ben.visit(stick);
    expect(atBens.cleared.delivered).toBe(1);
    expect(stick.bundles.filter((path) => path.includes('-2'))).toHaveLength(0);
  });

  it('is rid of a message that a third laptop knows the receipt of', async () => {
    const { stick, time, ana, ben } = await village();
    const cem = await StickLaptop.start('cem', time);
    await ana.write(ben, 'hello');
    await ana.visit(stick);
    const withMessage = stick.replug();
    await ben.visit(stick);
    await cem.visit(stick);
    expect((await cem.visit(withMessage)).cleared.receipted).toBe(1);
  });

  it('carries only the newest version of a profile', async () => {
    const { stick, time, ana, ben } = await village();
    time.now += DAY_MS;
    // Reinstalled: the same keys, and nothing else.
    const again = await StickLaptop.start('ana', time);
    expect(again.host.engine.node).toBe(ana.host.engine.node);
    const profiles = () => stick.bundles.filter((path) => path.includes('-0')).length;
    const before = profiles();
    await again.visit(stick);
    await ben.visit(stick);
    expect(profiles()).toBe(before);
  });

  it('makes what lay on it older, where both clocks are good', async () => {
    const { stick, time, ana, ben } = await village();
    await ana.write(ben, 'too late');
    await ana.visit(stick);
    time.now += 15 * DAY_MS;
    const report = await ben.visit(stick, { give: false });
    expect(report.taken.bundles).toBe(0);
    expect(report.refused.expired).toBe(1);
    expect(report.cleared.expired).toBeGreaterThan(0);
    expect(ben.inbox).toHaveLength(0);
  });

  it('makes nothing older where a clock is not to be trusted', async () => {
    const time = villageTime();
    const stick = new MemoryStick();
    const ana = await StickLaptop.start('ana', time, { wallTrusted: false });
    const ben = await StickLaptop.start('ben', time);
    for (const laptop of [ben, ana]) await laptop.visit(stick);
    await ana.write(ben, 'by the steady clock alone');
    await ana.visit(stick);
    time.now += 20 * DAY_MS;
    expect((await ben.visit(stick)).taken.bundles).toBeGreaterThan(0);
    expect(ben.inbox).toHaveLength(1);
  });

  it('is not emptied by a laptop whose clock is years ahead', async () => {
    const { stick, time, ana, ben } = await village();
    await ana.write(ben, 'still good');
    await ana.visit(stick);
    const files = stick.bundles;
    const odd = await StickLaptop.start('cem', time, { clockErrorMs: 3 * 365 * DAY_MS });
    await odd.visit(stick, { give: false });
    expect(stick.bundles).toEqual(files);
    await ben.visit(stick);
    expect(ben.inbox).toHaveLength(1);
  });

  it('holds standard bundles, one a file, that change nothing on their way but age, hops and previous node', async () => {
    const { stick, ana, ben } = await village();
    await ana.write(ben, 'as it is');
    await ana.visit(stick);
    const path = stick.bundles.find((name) => name.includes('-2')) ?? '';
    const bundle = decodeBundle(stick.contentOf(path) ?? new Uint8Array());
    expect(toHex(encodeBundle(withTransit(bundle, {})))).toBe(toHex(stick.contentOf(path) ?? new Uint8Array()));
    expect(path).toMatch(/^bundles\/([0-9a-f]{2})\/\1[0-9a-f]{30}-2[0-9a-f]{16}\.bundle$/);
  });

  it('can be read where nothing can be written', async () => {
    const { stick, ana, ben } = await village();
    await ana.write(ben, 'read only');
    await ana.visit(stick);
    const locked = stick.replug(undefined, { readOnly: true });
    const report = await ben.visit(locked, { give: false });
    expect(report).toMatchObject({ readOnly: true, taken: { bundles: 1 } });
    expect(ben.inbox).toHaveLength(1);
    await expect(ben.visit(locked)).rejects.toMatchObject({ code: 'ERR_STICK_READ_ONLY' });
  });

  it('says so when there is nothing of Hearsay on it', async () => {
    const ana = await StickLaptop.start('ana', villageTime());
    await expect(ana.visit(new MemoryStick(), { give: false })).rejects.toMatchObject({ code: 'ERR_STICK_EMPTY' });
  });

  it('tells in a manifest what each laptop holds', async () => {
    const { stick, ana } = await village();
    const manifest = decodeManifest(stick.contentOf(`carriers/${ana.host.engine.node}.manifest`) ?? new Uint8Array());
    const known = [...ana.host.engine.knownKeys()].length;
    expect(manifest).toMatchObject({ carrier: ana.host.engine.node, holdings: { keys: known } });
    expect([...ana.host.engine.knownKeys()].every((key) => mayHold(manifest.holdings, key))).toBe(true);
  });
});

describe('a stick with little room', () => {
  it('takes what matters most, and says what it left out', async () => {
    const { time, ana, ben } = await village();
    for (let i = 0; i < 20; i++) await ana.write(ben, `message ${i} ${'x'.repeat(2000)}`);
    const small = new MemoryStick();
    const report = await ana.visit(small, { quotaBytes: 20_000 });
    expect(report.noRoomThere).toBeGreaterThan(5);
    expect(report.onStick.bytes).toBeLessThanOrEqual(20_000);
    expect(small.bundles.filter((path) => path.includes('-0'))).toHaveLength(2);
    const cem = await StickLaptop.start('cem', time);
    const held = small.bundles.length;
    const later = await cem.visit(small, { quotaBytes: report.onStick.bytes });
    // Cem's profile matters more than the messages that were there.
    expect(later.cleared.room).toBeGreaterThan(0);
    expect(later.noRoomThere).toBe(0);
    expect(small.bundles.length).toBeLessThanOrEqual(held + 1);
  });

  it('is given what fits when other files take the room that it said it had', async () => {
    const { ana, ben } = await village();
    await ana.write(ben, 'x'.repeat(15_000));
    const stick = new MemoryStick({ freeBytes: 8 * 1024 * 1024 });
    let filled = false;
    const space = stick.space.bind(stick);
    stick.space = async () => {
      const before = await space();
      if (!filled) stick.plant('holiday.jpg', new Uint8Array(8 * 1024 * 1024 - 10_000));
      filled = true;
      return before;
    };
    const report = await ana.visit(stick);
    expect(report.noRoomThere).toBe(1);
    expect(report.given.bundles).toBe(2);
  });
});

describe('a stick in the wrong hands', () => {
  it('makes nobody believe what was altered, torn or put under another name, and is rid of it', async () => {
    const { stick, ana, ben } = await village();
    await ana.write(ben, 'as I wrote it');
    await ana.visit(stick);
    const path = stick.bundles.find((name) => name.includes('-2')) ?? '';
    const bytes = stick.contentOf(path) ?? new Uint8Array();
    const altered = bytes.slice();
    altered[altered.length - 2] = (altered[altered.length - 2] ?? 0) ^ 1;
    const [shard = '', name = ''] = path.slice('bundles/'.length).split('/');
    const other = `${shard}${'0'.repeat(30)}${name.slice(32)}`;
    stick.plant(path, altered);
    stick.plant(`bundles/${shard}/${other}`, bytes);
    stick.plant(`bundles/${shard}/${other.replace('-2', '-3')}`, bytes.subarray(0, 100));
    const report = await ben.visit(stick);
    expect(report.taken.bundles).toBe(0);
    expect(report.refused).toEqual({ 'bad-signature': 1, malformed: 2 });
    expect(report.cleared.spoilt).toBe(3);
    expect(ben.inbox).toHaveLength(0);
    // So the good one can be written again.
    await ana.visit(stick);
    await ben.visit(stick);
    expect(ben.inbox).toHaveLength(1);
  });

  it('keeps every file that is none of ours', async () => {
    const { stick, ana } = await village();
    const foreign = ['bundles/4f/thesis.doc', 'bundles/zz/a.bundle', 'carriers/notes.txt', 'a.jpg'];
    for (const path of foreign) stick.plant(path, new Uint8Array(10));
    await ana.visit(stick, { quotaBytes: 1 });
    expect(stick.paths).toEqual(expect.arrayContaining(foreign));
  });

  it('is not believed about what another laptop holds in its own manifest’s place', async () => {
    const { stick, ana, ben } = await village();
    const bens = stick.contentOf(`carriers/${ben.host.engine.node}.manifest`) ?? new Uint8Array();
    stick.plant(`carriers/${'a'.repeat(26)}.manifest`, bens);
    expect((await ana.visit(stick)).otherCarriers).toBe(1);
  });

  it('gets no more work out of a laptop than its bounds allow', async () => {
    const { stick, ana } = await village();
    for (let i = 0; i < 4_500; i++) {
      stick.plant(`bundles/00/00${i.toString(16).padStart(30, '0')}-2${'0'.repeat(16)}.bundle`, new Uint8Array(1));
    }
    for (let i = 0; i < 100; i++) stick.plant(`carriers/${i}.manifest`, new Uint8Array(1));
    const report = await ana.visit(stick);
    expect(report.refused.malformed).toBeLessThanOrEqual(4_000);
    expect(report.cleared.spoilt).toBe(report.refused.malformed);
  });
});

describe('a visit that is interrupted', () => {
  it('ends in good order: what was given is given, and the next visit gives the rest', async () => {
    const { stick, ana, ben } = await village();
    for (let i = 0; i < 5; i++) await ana.write(ben, `message ${i}`);
    const controller = new AbortController();
    const report = await ana.visit(stick, {
      signal: controller.signal,
      onProgress: ({ phase, done }) => {
        if (phase === 'giving' && done === 1) controller.abort();
      },
    });
    expect(report.interrupted).toBe(true);
    expect(ana.sent.filter(({ state }) => state.state === 'carried').length).toBe(report.given.bundles);
    await ana.visit(stick);
    await ben.visit(stick);
    expect(ben.inbox).toHaveLength(5);
  });
});
