import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, steadyMs, wallTimeMs } from '../../src/base/index.js';
import { RELEASE_DATE } from '../../src/daemon/release.js';
import { type ClockReading, type ClockRecord, carryOn, isWallTrusted } from '../../src/daemon/steady-line.js';

const TODAY = RELEASE_DATE + 100 * DAY_MS;

function reading(change: Partial<ClockReading> = {}): ClockReading {
  return { wall: wallTimeMs(TODAY), sinceBootMs: HOUR_MS, bootId: 'boot-1', ...change };
}

function record(change: Partial<ClockRecord> = {}): ClockRecord {
  return { ...reading(), steady: steadyMs(5000), trustedWall: TODAY, ...change };
}

describe('the steady line', () => {
  it('starts at zero', () => {
    expect(carryOn(undefined, reading())).toBe(0);
  });

  it('goes on by the boot clock within a boot, whatever the wall clock was set to', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.nat(1e9), (wall, passed) => {
        const now = reading({ wall: wallTimeMs(wall), sinceBootMs: HOUR_MS + passed });
        expect(carryOn(record(), now)).toBe(5000 + passed);
      }),
    );
  });

  it('counts the time that the laptop was off by the wall clock', () => {
    const now = reading({ bootId: 'boot-2', sinceBootMs: 10, wall: wallTimeMs(TODAY + 3 * DAY_MS) });
    expect(carryOn(record(), now)).toBe(5000 + 3 * DAY_MS);
  });

  it('stands still over a reboot after which the clock is behind', () => {
    const now = reading({ bootId: 'boot-2', wall: wallTimeMs(TODAY - HOUR_MS) });
    expect(carryOn(record(), now)).toBe(5000);
  });

  it('does not age by years when a dead battery’s clock is put right after a reboot', () => {
    const reset = record({ wall: wallTimeMs(Date.UTC(2000, 0, 1)), trustedWall: 0 });
    expect(carryOn(reset, reading({ bootId: 'boot-2' }))).toBe(5000);
  });

  it('does not age when a reboot brought a clock that can’t be believed', () => {
    const now = reading({ bootId: 'boot-2', wall: wallTimeMs(Date.UTC(2099, 0, 1)) });
    expect(carryOn(record(), now)).toBe(5000);
  });

  it('treats a boot clock that went back as a reboot', () => {
    const now = reading({ sinceBootMs: 1, wall: wallTimeMs(TODAY + 7000) });
    expect(carryOn(record(), now)).toBe(12_000);
  });

  it('never goes back', () => {
    const anyReading = fc.record({
      wall: fc.integer({ min: 0, max: 4e12 }).map(wallTimeMs),
      sinceBootMs: fc.nat(1e9),
      bootId: fc.constantFrom('boot-1', 'boot-2'),
    });
    fc.assert(
      fc.property(anyReading, anyReading, fc.nat(4e12), (before, now, trustedWall) => {
        expect(carryOn({ ...before, steady: steadyMs(5000), trustedWall }, now)).toBeGreaterThanOrEqual(5000);
      }),
    );
  });
});

describe('belief in the wall clock', () => {
  it('needs a time after this release was made', () => {
    expect(isWallTrusted(wallTimeMs(RELEASE_DATE - 1), 0)).toBe(false);
    expect(isWallTrusted(RELEASE_DATE, 0)).toBe(true);
  });

  it('is lost when the clock falls back by more than a day', () => {
    expect(isWallTrusted(wallTimeMs(TODAY - DAY_MS), TODAY)).toBe(true);
    expect(isWallTrusted(wallTimeMs(TODAY - DAY_MS - 1), TODAY)).toBe(false);
  });

  it('is not given to a far future', () => {
    expect(isWallTrusted(wallTimeMs(Date.UTC(2106, 0, 1)), 0)).toBe(false);
  });
});
