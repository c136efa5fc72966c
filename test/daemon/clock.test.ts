import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DAY_MS, steadyMs, wallTimeMs } from '../../src/base/index.js';
import { SteadyClock, systemClocks } from '../../src/daemon/clock.js';
import { RELEASE_DATE } from '../../src/daemon/release.js';
import { capturedLog } from '../support/captured-log.js';
import { temporaryFolder } from '../support/folder.js';

/** A laptop whose clocks a test can set. */
function laptop() {
  const clocks = { wall: RELEASE_DATE + 10 * DAY_MS, sinceBootMs: 1000, bootId: 'boot-1' };
  return {
    clocks,
    source: () => ({ ...clocks, wall: wallTimeMs(clocks.wall) }),
    pass(ms: number) {
      clocks.wall += ms;
      clocks.sinceBootMs += ms;
    },
  };
}

describe('the node’s clock', () => {
  it('carries its line over restarts', async () => {
    const path = join(temporaryFolder(), 'clock.json');
    const { source, pass } = laptop();
    const first = await SteadyClock.open(path, capturedLog(), source);
    pass(60_000);
    await first.close();
    pass(5000);
    const second = await SteadyClock.open(path, capturedLog(), source);
    expect(second.now()).toEqual({ steady: 65_000, wall: source().wall, wallTrusted: true });
    await second.close();
  });

  it('loses nothing of a boot to a crash', async () => {
    const path = join(temporaryFolder(), 'clock.json');
    const { source, pass } = laptop();
    const crashed = await SteadyClock.open(path, capturedLog(), source);
    pass(45_000);
    const next = await SteadyClock.open(path, capturedLog(), source);
    expect(next.now().steady).toBe(45_000);
    await Promise.all([crashed.close(), next.close()]);
  });

  it('does not let a clock that was set, and set back, age anything', async () => {
    const path = join(temporaryFolder(), 'clock.json');
    const { clocks, source, pass } = laptop();
    const clock = await SteadyClock.open(path, capturedLog(), source);
    clocks.wall += 800 * DAY_MS;
    await clock.save();
    pass(1000);
    expect(clock.now().steady).toBe(1000);
    clocks.wall -= 800 * DAY_MS;
    expect(clock.now().steady).toBe(1000);
    await clock.close();
  });

  it('says that a slow clock is wrong, and tells the person once', async () => {
    const log = capturedLog();
    const { clocks, source } = laptop();
    clocks.wall -= 730 * DAY_MS;
    const clock = await SteadyClock.open(join(temporaryFolder(), 'clock.json'), log, source);
    expect(clock.now().wallTrusted).toBe(false);
    expect(log.lines).toEqual(['warn the clock of this laptop is wrong; messages travel without their time of day']);
    await clock.close();
  });

  it('remembers over restarts which time it believed', async () => {
    const path = join(temporaryFolder(), 'clock.json');
    const { clocks, source } = laptop();
    await (await SteadyClock.open(path, capturedLog(), source)).close();
    clocks.wall -= 3 * DAY_MS;
    await (await SteadyClock.open(path, capturedLog(), source)).close();
    const clock = await SteadyClock.open(path, capturedLog(), source);
    expect(clock.now().wallTrusted).toBe(false);
    await clock.close();
  });

  it('starts anew from a damaged file, with a warning, and can be moved on to where the store was', async () => {
    const path = join(temporaryFolder(), 'clock.json');
    writeFileSync(path, '{"version":1,"steady":"soon"}');
    const log = capturedLog();
    const { source, pass } = laptop();
    const clock = await SteadyClock.open(path, log, source);
    expect(log.lines[0]).toContain('damaged');
    clock.advanceTo(steadyMs(9_000_000));
    pass(5);
    expect(clock.now().steady).toBe(9_000_005);
    clock.advanceTo(steadyMs(3));
    expect(clock.now().steady).toBe(9_000_005);
    await clock.close();
    expect(JSON.parse(readFileSync(path, 'utf8')).steady).toBe(9_000_005);
  });
});

describe('the clocks of this machine', () => {
  it('tell the time since boot, forwards only', () => {
    const source = systemClocks();
    const readings = Array.from({ length: 1000 }, () => source());
    const times = readings.map(({ sinceBootMs }) => sinceBootMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(readings.map(({ bootId }) => bootId)).size).toBe(1);
  });
});
