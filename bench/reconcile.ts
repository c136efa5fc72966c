/**
 * Reconciliation: what it costs two nodes to find out what each lacks, and what has arrived when the link dies early.
 *
 * Two gossip cores over a link in memory. 100,000 bundles that both hold, made over the last 14 days; d more that only one
 * of them holds, made over the last 12 hours, on either side by a coin's throw. Ids only: bundles cross for nothing, at the
 * end. Each figure is the median of three meetings, each over stores of its own; the code is warm, and the indexes stand.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HOUR_MS, seededRandom, steadyMs, toHex } from '../src/base/index.js';
import type { BundleKey } from '../src/bundle/index.js';
import { BundleClass } from '../src/store/index.js';
import type { Figure, Measured } from './harness.js';
import { type Carried, type Cost, meet, Side } from './support/meeting.js';
import { ThinLink } from './support/thin-link.js';

export const description =
  'finding out what two stores of 100,000 bundles lack of each other, and a link that dies early';

const COMMON = 100_000;
const DIFFERENCES = [0, 100, 1_000, 10_000] as const;
const RUNS = 3;
const CUTS = 5;
const COMMON_OVER_MS = 14 * 24 * HOUR_MS;
const DIFFERENCES_OVER_MS = 12 * HOUR_MS;
/** As a creation time. */
const NOW = 850_000_000_000;
const WARM_UPS = 12;
/** Of all bundles, how many have a class up to this one. */
const CLASS_SHARES: readonly (readonly [BundleClass, number])[] = [
  [BundleClass.Certificate, 0.02],
  [BundleClass.Receipt, 0.32],
  [BundleClass.Message, 0.77],
  [BundleClass.Presence, 0.8],
  [BundleClass.Bulk, 1],
];

const CUT_AFTER_BYTES = 16 * 1024;
const CUT_HELD = 10_000;
const CUT_MISSING = 200;
const CUT_HIGH = 18;
const NEIGHBOURS_PERSON = 'dtn://neighbour/~chat';

const random = seededRandom(2027);

export async function run(): Promise<Measured> {
  const common = bundles(COMMON, COMMON_OVER_MS);
  const unknown = Object.fromEntries(DIFFERENCES.map((d) => [d, median(d, common, (a, b) => meet(a, b))]));
  const remembered = Object.fromEntries(DIFFERENCES.map((d) => [d, median(d, common, meetAgain)]));
  const cuts = Array.from({ length: CUTS }, (_, index) => cutEarly(index));
  const cutAfter16KiB = {
    high: Math.min(...cuts.map(({ high }) => high)),
    all: middle(cuts.map(({ all }) => all)),
  };
  return {
    figures: [
      ...figuresOf('remembered', remembered),
      ...figuresOf('unknown', unknown),
      { key: 'cut-high', label: 'link cut after 16 KiB: high classes', value: 100 * cutAfter16KiB.high, unit: '%' },
      { key: 'cut-all', label: 'link cut after 16 KiB: all', value: 100 * cutAfter16KiB.all, unit: '%' },
    ],
    results: { remembered, unknown, cutAfter16KiB },
  };
}

function figuresOf(name: string, costs: Readonly<Record<string, MedianCost>>): readonly Figure[] {
  return Object.entries(costs).flatMap(([d, { bytes, roundTrips, cpuMs, greetingBytes }]) => [
    { key: `${name}-${d}-bytes`, label: `${name}, ${d} differences`, value: bytes, unit: 'bytes' },
    { key: `${name}-${d}-greeting-bytes`, label: '  the whole greeting', value: greetingBytes, unit: 'bytes' },
    { key: `${name}-${d}-round-trips`, label: '  round trips', value: roundTrips, unit: '' },
    { key: `${name}-${d}-cpu-ms`, label: '  CPU, both sides', value: cpuMs, unit: 'ms' },
  ]);
}

type MedianCost = Omit<Cost, 'closed'>;

function median(d: number, common: readonly Carried[], meeting: (a: Side, b: Side, news: News) => Cost): MedianCost {
  const costs = Array.from({ length: RUNS }, (_, index) => {
    const news = newsOf(d);
    const isAgain = meeting === meetAgain;
    const a = new Side(2 * index + 1, isAgain ? common : [...common, ...news.a]);
    const b = new Side(2 * index + 2, isAgain ? common : [...common, ...news.b]);
    a.buildIndexes();
    b.buildIndexes();
    warmUp();
    const cost = meeting(a, b, news);
    if (cost.closed !== undefined) throw new Error(`a side closed the link: ${cost.closed}`);
    requireSame(a, b);
    return cost;
  });
  return {
    bytes: middle(costs.map(({ bytes }) => bytes)),
    roundTrips: middle(costs.map(({ roundTrips }) => roundTrips)),
    cpuMs: middle(costs.map(({ cpuMs }) => cpuMs)),
    greetingBytes: middle(costs.map(({ greetingBytes }) => greetingBytes)),
  };
}

function middle(values: readonly number[]): number {
  return [...values].sort((x, y) => x - y)[values.length >> 1] ?? 0;
}

/** What only one side holds. */
interface News {
  readonly a: readonly Carried[];
  readonly b: readonly Carried[];
}

function newsOf(d: number): News {
  const all = bundles(d, DIFFERENCES_OVER_MS);
  const isOfA = all.map(() => random.unit() < 0.5);
  return { a: all.filter((_, index) => isOfA[index]), b: all.filter((_, index) => !isOfA[index]) };
}

/** They have met before, and each has had everything of the other's when the news come. */
function meetAgain(a: Side, b: Side, news: News): Cost {
  meet(a, b);
  a.linkDown();
  b.linkDown();
  for (const bundle of news.a) a.add(bundle);
  for (const bundle of news.b) b.add(bundle);
  return meet(a, b);
}

function requireSame(a: Side, b: Side): void {
  const [ofA, ofB] = [a.keys, b.keys];
  const missing = [...ofA].filter((key) => !ofB.has(key)).length + [...ofB].filter((key) => !ofA.has(key)).length;
  if (missing > 0) throw new Error(`${missing} bundles were not found`);
}

/** Small meetings, after a collection: what the last figure left behind must not count for the next. */
function warmUp(): void {
  collectGarbage();
  for (let index = 0; index < WARM_UPS; index++) {
    const common = bundles(2_000, COMMON_OVER_MS);
    const news = newsOf(4_000);
    const seed = 100 + 2 * index;
    meet(new Side(seed, [...common, ...news.a]), new Side(seed + 1, [...common, ...news.b]));
  }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

function cutEarly(run: number): { readonly high: number; readonly all: number } {
  const common = bundles(CUT_HELD - CUT_MISSING, COMMON_OVER_MS).map(ofRealSize);
  const missing = bundles(CUT_MISSING, DIFFERENCES_OVER_MS).map((bundle, index) => ofRealSize(rankedBy(index, bundle)));
  const high = new Set(missing.slice(0, CUT_HIGH).map(({ key }) => key));
  const giver = new Side(500 + 2 * run, [...common, ...missing], { destinations: new Set([NEIGHBOURS_PERSON]) });
  const taker = new Side(501 + 2 * run, common);
  new ThinLink(giver, taker, CUT_AFTER_BYTES).run();
  const arrived = taker.received.filter((key) => high.has(key)).length;
  return { high: arrived / CUT_HIGH, all: taker.received.length / CUT_MISSING };
}

/** The first of the missing are certificates, receipts and messages for the neighbour; the rest is what others talk about. */
function rankedBy(index: number, bundle: Carried): Carried {
  if (index < 6) return { ...bundle, class: BundleClass.Certificate };
  if (index < 12) return { ...bundle, class: BundleClass.Receipt };
  if (index < CUT_HIGH) return { ...bundle, class: BundleClass.Message, destination: NEIGHBOURS_PERSON };
  const isHigh = bundle.class === BundleClass.Certificate || bundle.class === BundleClass.Receipt;
  return isHigh ? { ...bundle, class: BundleClass.Message } : bundle;
}

/** Profiles and receipts are the small ones. */
function ofRealSize(bundle: Carried): Carried {
  const isSmall = bundle.class === BundleClass.Certificate || bundle.class === BundleClass.Receipt;
  return { ...bundle, sizeBytes: 300 + Math.floor(random.unit() * (isSmall ? 101 : 401)) };
}

/** Made at any time in the last `overMs`; of one byte, so that no sending queue ever holds up an offer. */
function bundles(count: number, overMs: number): Carried[] {
  return Array.from({ length: count }, () => ({
    key: toHex(random.bytes(16)) as BundleKey,
    class: anyClass(),
    sizeBytes: 1,
    source: 'dtn://author/laptop',
    destination: 'dtn://somebody/~chat',
    createdAt: NOW - Math.floor(random.unit() * overMs),
    receivedAt: steadyMs(0),
    ageAtReceiptMs: 0,
    expiresAt: steadyMs(NOW),
    hops: 1,
    own: false,
  }));
}

function anyClass(): BundleClass {
  const drawn = random.unit();
  return CLASS_SHARES.find(([, share]) => drawn < share)?.[0] ?? BundleClass.Bulk;
}
