/** Contact traces in each format, what is wrong with broken ones, and the real ones that we are given. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type ReadTraceOptions, readTrace } from '../../../sim/traces/index.js';
import { utf8 } from '../../../src/base/index.js';
import { describeWithShared } from '../../support/optional.js';

const read = (text: string, options?: ReadTraceOptions) => readTrace(utf8(text), options);
const eventsOf = (text: string, options?: ReadTraceOptions) =>
  [...read(text, options).events()].map(({ atMs, a, b, up }) => `${atMs} ${a}-${b} ${up ? 'up' : 'down'}`);

describe('formats', () => {
  it("reads The ONE's events, of which only the digits of a host count", () => {
    const text = '# two meet\n10 CONN 0 p2 up\n11\tC M1 0 2 100\n12.5 CONN 2 0 down Bluetooth\n';
    expect(eventsOf(text)).toEqual(['10000 0-2 up', '12500 0-2 down']);
    expect(read(text).names).toEqual(['0', '1', '2']);
    expect(read(text).format).toBe('the-one');
  });

  it('reads intervals as CRAWDAD has them, times from the first on', () => {
    const text = '21 3 1130493341 1130493351 1 0\n3\t21\t1130493400\t1130493400\t2 49\n';
    expect(eventsOf(text)).toEqual(['0 0-1 up', '10000 0-1 down']);
    expect(read(text).names).toEqual(['3', '21']);
  });

  it('joins records of SocioPatterns that follow each other', () => {
    const text = '40 7 5 A B\n60 7 5 A B\n100 5 7 B A\n';
    expect(eventsOf(text)).toEqual(['20000 0-1 up', '60000 0-1 down', '80000 0-1 up', '100000 0-1 down']);
  });

  it('reads plain events, with commas and a heading', () => {
    expect(eventsOf('time,a,b,change\n1,ana,ben,up\n3,ben,ana,down\n')).toEqual(['1000 0-1 up', '3000 0-1 down']);
    expect(read('1 ana ben up\n3 ana ben down').names).toEqual(['ana', 'ben']);
  });

  it('reads gzipped files', () => {
    expect([...readTrace(gzipSync('1 0 1 up\n2 0 1 down\n')).events()]).toHaveLength(2);
  });
});

describe('contacts', () => {
  it('end with the trace when nothing ended them before', () => {
    expect(eventsOf('1 0 1 up\n2 0 2 up\n4 0 2 down\n')).toEqual([
      '1000 0-1 up',
      '2000 0-2 up',
      '4000 0-1 down',
      '4000 0-2 down',
    ]);
  });

  it('of one pair that overlap are one', () => {
    expect(eventsOf('0 1 5 9\n0 1 8 12\n1 0 12 13\n', { format: 'intervals' })).toEqual([
      '5000 0-1 up',
      '13000 0-1 down',
    ]);
  });

  it('are cut to the time asked for', () => {
    const text = '0 1 5 9\n1 2 8 30\n0 2 40 50\n';
    expect(eventsOf(text, { format: 'intervals', startS: 6, durationS: 10 })).toEqual([
      '0 0-1 up',
      '2000 1-2 up',
      '3000 0-1 down',
      '10000 1-2 down',
    ]);
    expect(read(text, { durationS: 10 }).endMs).toBe(10_000);
  });

  it('end before others begin in the same moment', () => {
    expect(eventsOf('5 0 1 up\n7 0 2 up\n7 0 1 down\n9 0 2 down\n')).toEqual([
      '5000 0-1 up',
      '7000 0-1 down',
      '7000 0-2 up',
      '9000 0-2 down',
    ]);
  });
});

describe('what cannot be read', () => {
  it.each([
    ['1 CONN 0 1 up\n2 CONN 0 1 sideways\n', 'line 2 of the trace says neither up nor down'],
    ['1 0 1 up\nx 0 1 down\n', 'line 2 of the trace does not begin with a time'],
    ['1 0 0 up\n', 'line 1 of the trace names no two nodes'],
    ['0 1 5 9\n0 1 9 7\n', 'line 2 of the trace ends before it begins'],
    ['hello world\n', 'no known format'],
  ])('%j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('a damaged archive', () => {
    expect(() => readTrace(gzipSync('1 0 1 up\n').subarray(0, 15))).toThrow('cannot be unpacked');
  });
});

describeWithShared('the real traces', 'traces/README.md', () => {
  it.each([
    ['sp_sfhh_2009', 403, 26_040],
    ['sp_workplace_invs_2015', 217, 33_751],
    ['sp_high_school_2013', 327, 67_613],
    ['sp_hospital_lyon_2010', 75, 14_037],
  ])('%s has as many nodes and contacts as its table says', (name, nodes, contacts) => {
    const trace = readTrace(readFileSync(`../shared/traces/${name}.txt.gz`));
    expect([trace.nodes, trace.contacts]).toEqual([nodes, contacts]);
  });
});
