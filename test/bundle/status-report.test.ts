/** Administrative records: their bytes, when one is made, and how seldom. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, fromHex, steadyMs, toHex } from '../../src/base/index.js';
import {
  type AdminRecord,
  ageOf,
  type Bundle,
  BundleFlag,
  createBundle,
  createStatusReport,
  decodeAdminRecord,
  decodeBundle,
  encodeAdminRecord,
  encodeBundle,
  formatEid,
  fragmentBundle,
  mayReport,
  NULL_EID,
  parseEid,
  payloadOf,
  type ReportableEvent,
  ReportBudget,
  ReportReason,
} from '../../src/bundle/index.js';
import { ANA_EID, anyEid, chatSpec, NODE_EID, uint64 } from '../support/bundles.js';
import { describeWithShared } from '../support/optional.js';

const EVENTS: readonly ReportableEvent[] = ['received', 'forwarded', 'delivered', 'deleted'];
const FLAGS = [
  BundleFlag.ReportReception,
  BundleFlag.ReportForwarding,
  BundleFlag.ReportDelivery,
  BundleFlag.ReportDeletion,
];
const ALL = FLAGS.reduce((sum, flag) => sum + flag, 0);

function asking(flags: number, change: Parameters<typeof chatSpec>[0] = {}): Bundle {
  return createBundle(chatSpec({ flags, reportTo: ANA_EID, ...change }));
}

const REPORTER = { node: NODE_EID, creation: { time: 848_750_500_000, sequence: 1 }, lifetimeMs: 86_400_000 };

describeWithShared('the vectors of administrative records', 'vectors/primitives.json', (path) => {
  const { admin_records } = JSON.parse(readFileSync(path, 'utf8')) as {
    admin_records: { vectors: readonly { hex: string; meaning: string; decoded: [number, unknown[]] }[] };
  };

  it.each(admin_records.vectors)('$meaning', ({ hex, decoded }) => {
    const record = decodeAdminRecord(fromHex(hex));
    if (record.kind !== 'status-report') throw new Error('not a status report');
    const { received, forwarded, delivered, deleted, reason, creation } = record.report;
    const items = [received, forwarded, delivered, deleted].map(({ asserted, time }) =>
      time === undefined ? [asserted] : [asserted, time],
    );
    expect([items, reason]).toEqual(decoded[1].slice(0, 2));
    expect([creation.time, creation.sequence]).toEqual(decoded[1][3]);
    expect(toHex(encodeAdminRecord(record))).toBe(hex);
  });
});

describe('an administrative record', () => {
  const assertion = fc.oneof(
    fc.constant({ asserted: false }),
    fc.constant({ asserted: true }),
    uint64.map((time) => ({ asserted: true, time })),
  );
  const place = fc.record({ offset: uint64, length: uint64 });
  const record: fc.Arbitrary<AdminRecord> = fc.record({
    kind: fc.constant('status-report' as const),
    report: fc
      .record({
        received: assertion,
        forwarded: assertion,
        delivered: assertion,
        deleted: assertion,
        others: fc.array(assertion, { minLength: 1, maxLength: 12 }),
        reason: uint64,
        source: anyEid,
        creation: fc.record({ time: uint64, sequence: uint64 }),
        fragment: place,
      })
      .chain((whole) =>
        fc.subarray(['others', 'fragment'] as const).map((dropped) => {
          const entries = Object.entries(whole).filter(([key]) => !dropped.includes(key as 'others'));
          return Object.fromEntries(entries) as unknown as typeof whole;
        }),
      ),
  });

  it('survives its encoding', () => {
    fc.assert(
      fc.property(record, (given) => {
        expect(decodeAdminRecord(encodeAdminRecord(given))).toEqual(given);
      }),
    );
  });

  it('has one encoding, and what is none gives a DecodeError', () => {
    fc.assert(
      fc.property(record, fc.nat(), fc.nat({ max: 255 }), (given, at, value) => {
        const bytes = encodeAdminRecord(given);
        bytes[at % bytes.length] = value;
        try {
          expect(toHex(encodeAdminRecord(decodeAdminRecord(bytes)))).toBe(toHex(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('of another type is kept as it is', () => {
    const bytes = fromHex('8203a1016161');
    expect(decodeAdminRecord(bytes)).toEqual({ kind: 'other', type: 3, content: fromHex('a1016161') });
    expect(toHex(encodeAdminRecord(decodeAdminRecord(bytes)))).toBe('8203a1016161');
  });

  it.each([
    ['three items of status', '8201848381f481f481f400820100820000'],
    ['a time of what did not happen', '820184848 2f40181f481f481f400820100820000'.replace(' ', '')],
    ['a number instead of a truth', '82018484810181f481f481f400820100820000'],
    ['nothing at all about reception', '820184848081f481f481f400820100820000'],
    ['five elements', '8201858481f481f481f481f40082010082000000'],
    ['something after it', '8201848481f481f481f481f40082010082000000'],
  ])('with %s is refused', (_, hex) => {
    expect(() => decodeAdminRecord(fromHex(hex))).toThrow(DecodeError);
  });
});

describe('a status report', () => {
  it('says what happened to which bundle, to whom the bundle names', () => {
    const subject = asking(ALL + BundleFlag.StatusTimeRequested);
    const report = createStatusReport(
      subject,
      { event: 'deleted', reason: ReportReason.HopLimitExceeded, time: 77 },
      REPORTER,
    );
    if (report === undefined) throw new Error('no report');
    const { primary } = decodeBundle(encodeBundle(report));
    expect(primary.flags).toBe(BundleFlag.IsAdminRecord);
    expect([formatEid(primary.destination), formatEid(primary.source), formatEid(primary.reportTo)]).toEqual([
      formatEid(ANA_EID),
      formatEid(NODE_EID),
      'dtn:none',
    ]);
    expect(decodeAdminRecord(payloadOf(report))).toEqual({
      kind: 'status-report',
      report: {
        received: { asserted: false },
        forwarded: { asserted: false },
        delivered: { asserted: false },
        deleted: { asserted: true, time: 77 },
        reason: 9,
        source: ANA_EID,
        creation: { time: 848_750_400_000, sequence: 7 },
      },
    });
  });

  it.each(EVENTS.map((event, index) => [event, FLAGS[index] ?? 0] as const))(
    'on %s is made only when asked for',
    (event, flag) => {
      const occasion = { event, reason: 0 };
      expect(mayReport(asking(flag), occasion)).toBe(true);
      expect(mayReport(asking(ALL - flag), occasion)).toBe(false);
      expect(createStatusReport(asking(ALL - flag), occasion, REPORTER)).toBeUndefined();
    },
  );

  it('tells times only when asked to, and 0 without a clock', () => {
    const timeOf = (flags: number) => {
      const report = createStatusReport(asking(flags), { event: 'received', reason: 0 }, REPORTER);
      const record = decodeAdminRecord(payloadOf(report as Bundle));
      return record.kind === 'status-report' ? record.report.received : undefined;
    };
    expect(timeOf(ALL)).toEqual({ asserted: true });
    expect(timeOf(ALL + BundleFlag.StatusTimeRequested)).toEqual({ asserted: true, time: 0 });
  });

  it('is never about a report, nor for nobody or a group', () => {
    for (const event of EVENTS) {
      const occasion = { event, reason: 0, blockAsks: true };
      expect(mayReport(asking(BundleFlag.IsAdminRecord), occasion)).toBe(false);
      expect(mayReport(asking(ALL, { reportTo: NULL_EID }), occasion)).toBe(false);
      expect(mayReport(asking(ALL, { reportTo: parseEid('ipn:0.0') }), occasion)).toBe(false);
      expect(mayReport(asking(ALL, { reportTo: parseEid('dtn://everybody/~all') }), occasion)).toBe(false);
      const anonymous = asking(BundleFlag.MustNotFragment, { source: NULL_EID });
      expect(mayReport(anonymous, occasion)).toBe(false);
    }
  });

  it('about a fragment names its place, and is never about its delivery', () => {
    const result = fragmentBundle(asking(ALL), { cuts: [10] });
    const second = result.ok ? (result.fragments[1] as Bundle) : undefined;
    if (second === undefined) throw new Error('not cut');
    const report = createStatusReport(second, { event: 'received', reason: 0 }, REPORTER);
    expect(decodeAdminRecord(payloadOf(report as Bundle))).toMatchObject({
      report: { fragment: { offset: 10, length: 14 } },
    });
    expect(mayReport(second, { event: 'delivered', reason: 0 })).toBe(false);
  });

  it('by a node without a clock has an age', () => {
    const clockless = { ...REPORTER, creation: { time: 0, sequence: 4 }, hopLimit: 16 };
    const report = createStatusReport(asking(ALL), { event: 'received', reason: 0 }, clockless);
    expect(ageOf(decodeBundle(encodeBundle(report as Bundle)))).toBe(0);
  });
});

describe('the budget for reports', () => {
  const victim = parseEid('dtn://victim/');

  it('lets a burst through, then a trickle', () => {
    const budget = new ReportBudget({ burstEach: 3, perMinuteEach: 1 });
    const sent = (at: number, tries: number) =>
      Array.from({ length: tries }, () => budget.take(victim, steadyMs(at))).filter(Boolean).length;
    expect([sent(0, 10), sent(59_000, 10), sent(60_000, 10), sent(600_000, 10)]).toEqual([3, 0, 1, 3]);
  });

  it('bounds all together, however many names are made up', () => {
    const budget = new ReportBudget({ burst: 5, perMinute: 6, destinations: 2 });
    let sent = 0;
    for (let i = 0; i < 1_000; i++) if (budget.take(parseEid(`dtn://name${i}/`), steadyMs(i * 60))) sent++;
    // One minute: the burst and six more.
    expect(sent).toBeLessThanOrEqual(11);
    expect(sent).toBeGreaterThanOrEqual(10);
  });

  it('gains nothing from a time that runs backwards', () => {
    const budget = new ReportBudget({ burstEach: 1, perMinuteEach: 60 });
    expect([60_000, 0, 60_000].map((at) => budget.take(victim, steadyMs(at)))).toEqual([true, false, false]);
  });
});
