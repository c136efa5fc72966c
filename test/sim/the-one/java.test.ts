/** What we rebuilt of Java, beside what Java 17 printed. */
import { describe, expect, it } from 'vitest';
import { doubleText, fixedText } from '../../../sim/compat/the-one/java/format.js';
import { PowerOf } from '../../../sim/compat/the-one/java/power.js';
import { JavaRandom, ShuffleTable, shuffle } from '../../../sim/compat/the-one/java/random.js';
import { textHash } from '../../../sim/compat/the-one/java/text-hash.js';

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

describe('java.util.Random', () => {
  it('draws the numbers that Java draws', () => {
    const random = new JavaRandom(42);
    expect(times(6, () => random.nextInt(100))).toEqual([30, 63, 48, 84, 70, 25]);
    expect(times(3, () => random.nextInt(64))).toEqual([17, 45, 42]);
    expect(times(2, () => random.nextDouble())).toEqual([0.09132461105841794, 0.4512572194454507]);
    expect([2 ** 30, 2 ** 30 + 1, 2 ** 31 - 1].map((bound) => random.nextInt(bound))).toEqual([
      409786146, 592164476, 1482678032,
    ]);
    expect(random.nextBoolean()).toBe(false);
    expect(times(2, () => random.nextGaussian())).toEqual([-1.1618092925276202, -0.20095612261975418]);
  });

  it('takes negative seeds', () => {
    const random = new JavaRandom(-5);
    expect([random.nextInt(1000), random.nextDouble()]).toEqual([411, 0.3634331425144135]);
  });

  it.each([
    [0, [4, 8, 9, 6, 3, 5, 2, 1, 7, 0]],
    [1, [6, 9, 7, 8, 4, 2, 0, 3, 1, 5]],
    [43200, [7, 6, 0, 4, 2, 3, 1, 9, 5, 8]],
  ])('shuffles as Collections.shuffle does with seed %i', (seed, expected) => {
    const list = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    shuffle(list, new JavaRandom(seed));
    expect(list).toEqual(expected);
    const drawn = new Int32Array(10);
    new ShuffleTable(10).draw(drawn, seed);
    expect([...drawn]).toEqual(expected);
  });

  it('draws long permutations as it shuffles long lists', () => {
    for (const [length, seed] of [
      [1025, 86_400],
      [2000, 3599],
    ] as const) {
      const list = Array.from({ length }, (_, i) => i);
      shuffle(list, new JavaRandom(seed));
      const drawn = new Int32Array(length);
      new ShuffleTable(length).draw(drawn, seed);
      expect([...drawn]).toEqual(list);
    }
  });
});

describe('Java’s texts', () => {
  it('hashes them', () => {
    expect(['M', 'M1000', 'Hällo😀'].map(textHash)).toEqual([77, 72618540, 1813071990]);
  });

  it('prints doubles', () => {
    const values = [0.1, 100, 1e7, 12345678.9, 1e-3, 1.5e-4, 43200.1, 0, -0, 3.4000000000000017, Number.NaN];
    expect(values.map(doubleText).join(' ')).toBe(
      '0.1 100.0 1.0E7 1.23456789E7 0.001 1.5E-4 43200.1 0.0 -0.0 3.4000000000000017 NaN',
    );
  });

  it('rounds half up on the digits that it would print, not on the binary value', () => {
    const values = [0.00005, 9.20835, 2.5, -0.00004, 1e10, 0.99995, Number.NaN];
    expect(values.map((value) => fixedText(value, 4)).join(' ')).toBe(
      '0.0001 9.2084 2.5000 -0.0000 10000000000.0000 1.0000 NaN',
    );
    expect([fixedText(0.5, 0), fixedText(1.5, 0), fixedText(1.005, 2)]).toEqual(['1', '2', '1.01']);
  });
});

it('takes powers to the last bit', () => {
  expect(new PowerOf(0.98).to(0.1 / 30)).toBe(0.9999326599097206);
  expect(new PowerOf(0.98).to(1234.5)).toBe(1.4743155371149105e-11);
  expect(new PowerOf(0.999885791).to(777)).toBe(0.9150784672174763);
});
