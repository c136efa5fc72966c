/**
 * Routing strategies side by side: real engines replay a slice of two recorded contact traces over links and stores that
 * are too small for everything.
 *
 * Figures, by TRACE (`conference`: sp_sfhh_2009, `offices`: sp_workplace_invs_2015) and STRATEGY:
 * - `TRACE-STRATEGY-ratio`: messages delivered in time, as a share of those that any strategy could deliver
 * - `TRACE-STRATEGY-delay-min`: the mean delay of these, where a message that did not arrive counts with its lifetime
 * - `TRACE-STRATEGY-copies`: nodes that took a copy over, for each message
 * - `TRACE-STRATEGY-mb`: bytes that crossed links, everything included
 * - `TRACE-possible`, `TRACE-contacts`, `TRACE-ideal-delay-min`: what an oracle that knows all contacts could do, over
 *   links without limits
 *
 * The traces are read in place from ../shared/traces. One seed, one result.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Mesh, type SimNode } from '../sim/index.js';
import { earliestArrivals } from '../sim/oracle/index.js';
import { readTrace } from '../sim/traces/index.js';
import { HearsayError, type Random, seededRandom } from '../src/base/index.js';
import { isGoverned, type RoutingStrategy, type StrategyChoice, strategyFor } from '../src/gossip/index.js';
import type { Figure } from './harness.js';

export const description = 'routing strategies on slices of recorded contacts, with too little bandwidth and room';

const HOUR_MS = 3_600_000;
const NODES = 24;
const MESSAGES = 100;
const TEXT_BYTES = { min: 2_000, max: 12_000 };
const QUOTA_BYTES = 300_000;
const BYTES_PER_SECOND = 1_500;
const SEED = 2027;

interface Slice {
  readonly name: string;
  readonly file: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Messages are written up to here; nobody knows anybody before `fromMs`. */
  readonly writeFromMs: number;
  readonly writeToMs: number;
  readonly lifetimeMs: number;
}

const SLICES: readonly Slice[] = [
  slice('conference', 'sp_sfhh_2009.txt.gz', { from: 0, to: 13, writeFrom: 2, writeTo: 8, lifetime: 8 }),
  slice('offices', 'sp_workplace_invs_2015.txt.gz', { from: 0, to: 60, writeFrom: 24, writeTo: 55, lifetime: 24 }),
];

const CHOICES: readonly (readonly [string, StrategyChoice])[] = [
  ['direct', { name: 'direct', parameters: {} }],
  ['first-contact', { name: 'first-contact', parameters: {} }],
  ['spray-and-wait', { name: 'spray-and-wait', parameters: {} }],
  ['prophet', { name: 'prophet', parameters: {} }],
  ['maxprop', { name: 'maxprop', parameters: {} }],
  ['utility-delay', { name: 'utility', parameters: { metric: 'delay' } }],
  ['utility-delivery', { name: 'utility', parameters: { metric: 'delivery' } }],
  ['epidemic', { name: 'epidemic', parameters: {} }],
];

interface Meeting {
  readonly a: number;
  readonly b: number;
  readonly fromMs: number;
  readonly toMs: number;
}

interface Letter {
  readonly from: number;
  readonly to: number;
  readonly atMs: number;
  readonly body: string;
}

export async function run(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const each of SLICES) {
    const meetings = meetingsOf(each);
    const letters = lettersOf(each, seededRandom(SEED));
    const ideal = idealArrivals(each, meetings, letters);
    const possible = letters.map((_, index) => Number.isFinite(ideal[index] ?? Number.POSITIVE_INFINITY));
    const delays = letters.flatMap(({ atMs }, index) => (possible[index] ? [(ideal[index] ?? 0) - atMs] : []));
    figures.push(
      figure(`${each.name}-contacts`, `${each.name}: contacts of ${NODES} nodes`, meetings.length, ''),
      figure(`${each.name}-possible`, '  messages that could arrive', delays.length, `of ${letters.length}`),
      figure(`${each.name}-ideal-delay-min`, '  their mean delay at best', mean(delays) / 60_000, 'min'),
    );
    for (const [name, choice] of CHOICES) {
      figures.push(...(await replay(`${each.name}-${name}`, choice, { slice: each, meetings, letters, possible })));
    }
  }
  return figures;
}

interface Replay {
  readonly slice: Slice;
  readonly meetings: readonly Meeting[];
  readonly letters: readonly Letter[];
  readonly possible: readonly boolean[];
}

async function replay(key: string, choice: StrategyChoice, run: Replay): Promise<readonly Figure[]> {
  const mesh = new Mesh({ seed: SEED });
  const started = mesh.time.now;
  const tally = { copies: 0, bytes: 0 };
  const { lifetimeMs } = run.slice;
  const nodes: SimNode[] = [];
  for (let index = 0; index < NODES; index++) {
    const strategy = counted(choice, tally);
    const timing = { messageLifetimeMs: lifetimeMs, beaconIntervalMs: 24 * HOUR_MS };
    nodes.push(await mesh.addNode(`n${index}`, { strategy, quotaBytes: QUOTA_BYTES, timing }));
  }
  const at = (ms: number): number => started + ms - run.slice.fromMs;
  const contacts: { readonly bytes: number }[] = [];
  for (const { a, b, fromMs, toMs } of run.meetings) {
    mesh.time.at(at(fromMs) as typeof started, async () => {
      const [one, other] = [nodes[a], nodes[b]];
      if (one === undefined || other === undefined) return;
      contacts.push(await mesh.meet(one, other, { bytesPerSecond: BYTES_PER_SECOND, forMs: toMs - fromMs }));
    });
  }
  for (const { from, to, atMs, body } of run.letters) {
    mesh.time.at(at(atMs) as typeof started, () => {
      void nodes[from]?.command({ command: 'send', message: { to: `${nodes[to]?.person}@mesh.localhost`, body } });
    });
  }
  const arrivals = watchArrivals(mesh, nodes, run.letters);
  await mesh.run(run.slice.toMs - run.slice.fromMs);
  for (const { bytes } of contacts) tally.bytes += bytes;
  const delays = run.letters.flatMap(({ atMs, body }, index) => {
    if (run.possible[index] !== true) return [];
    const arrivedAt = arrivals().get(body);
    return [arrivedAt === undefined ? lifetimeMs : Math.min(lifetimeMs, arrivedAt - at(atMs))];
  });
  const arrived = delays.filter((delay) => delay < lifetimeMs).length;
  return [
    figure(
      `${key}-ratio`,
      `  ${key.slice(run.slice.name.length + 1)}: delivered`,
      (100 * arrived) / delays.length,
      '%',
    ),
    figure(`${key}-delay-min`, '    mean delay', mean(delays) / 60_000, 'min'),
    figure(`${key}-copies`, '    copies', tally.copies / run.letters.length, 'a message'),
    figure(`${key}-mb`, '    over links', tally.bytes / 1e6, 'MB'),
  ];
}

/** The strategy, and how often it was told that a neighbour has a copy now. */
function counted(
  choice: StrategyChoice,
  tally: { copies: number },
): (mesh: Parameters<ReturnType<typeof strategyFor>>[0]) => RoutingStrategy {
  return (mesh) => {
    const strategy = strategyFor(choice)(mesh);
    const onForwarded = strategy.onForwarded.bind(strategy);
    strategy.onForwarded = (entry, neighbour, now) => {
      if (isGoverned(entry)) tally.copies += 1;
      onForwarded(entry, neighbour, now);
    };
    return strategy;
  };
}

/** When each text was in its recipient's inbox. */
function watchArrivals(
  mesh: Mesh,
  nodes: readonly SimNode[],
  letters: readonly Letter[],
): () => ReadonlyMap<string, number> {
  const offset = mesh.time.now;
  const expected = new Set(letters.map(({ body }) => body));
  return () => {
    const arrivals = new Map<string, number>();
    for (const { events } of nodes) {
      for (const event of events) {
        if (event.type !== 'inbox' || !expected.has(event.message.body)) continue;
        arrivals.set(event.message.body, Math.max(offset, event.message.receivedAt));
      }
    }
    return arrivals;
  };
}

/** The contacts within the slice among a community of nodes that meet each other. */
function meetingsOf({ file, fromMs, toMs, writeFromMs }: Slice): readonly Meeting[] {
  const path = join(process.cwd(), '..', 'shared', 'traces', file);
  if (!existsSync(path)) {
    throw new HearsayError('ERR_TRACE', `this benchmark replays the trace ${file}, which is not in ../shared/traces`);
  }
  const trace = readTrace(new Uint8Array(readFileSync(path)), { startS: 0 });
  const open = new Map<string, number>();
  const within: Meeting[] = [];
  for (const { atMs, a, b, up } of trace.events()) {
    const pair = `${a} ${b}`;
    const since = open.get(pair) ?? atMs;
    if (up) open.set(pair, atMs);
    else if (since >= fromMs && atMs <= toMs) within.push({ a, b, fromMs: since, toMs: atMs });
  }
  const indices = new Map(
    [...communityOf(within.filter((meeting) => meeting.fromMs >= writeFromMs))].map((node, index) => [node, index]),
  );
  return within.flatMap(({ a, b, ...times }) => {
    const [one, other] = [indices.get(a), indices.get(b)];
    return one === undefined || other === undefined ? [] : [{ a: one, b: other, ...times }];
  });
}

/**
 * Grown from the node that meets most others, each time by the one that meets most of those in it. A pair counts once in
 * two hours: who sits at one table meets every minute, and passes nothing on to anybody else.
 */
function communityOf(meetings: readonly Meeting[]): ReadonlySet<number> {
  const spells = new Map(meetings.map((meeting) => [spellOf(meeting), meeting]));
  const community = new Set<number>();
  while (community.size < NODES) {
    const counts = new Map<number, number>();
    for (const { a, b } of spells.values()) {
      if (community.size > 0 && community.has(a) === community.has(b)) continue;
      for (const node of [a, b]) if (!community.has(node)) counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    const [next] = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
    if (next === undefined) return community;
    community.add(next[0]);
  }
  return community;
}

function spellOf({ a, b, fromMs }: Meeting): string {
  return `${a} ${b} ${Math.floor(fromMs / (2 * HOUR_MS))}`;
}

function lettersOf({ writeFromMs, writeToMs }: Slice, random: Random): readonly Letter[] {
  return Array.from({ length: MESSAGES }, (_, index) => {
    const from = Math.floor(random.unit() * NODES);
    const to = (from + 1 + Math.floor(random.unit() * (NODES - 1))) % NODES;
    const size = TEXT_BYTES.min + Math.floor(random.unit() * (TEXT_BYTES.max - TEXT_BYTES.min));
    const atMs = writeFromMs + ((writeToMs - writeFromMs) * index) / MESSAGES;
    return { from, to, atMs, body: `${index} `.padEnd(size, '.') };
  });
}

function idealArrivals({ lifetimeMs }: Slice, meetings: readonly Meeting[], letters: readonly Letter[]): Float64Array {
  const events = meetings.flatMap(({ a, b, fromMs, toMs }) => {
    const pair = { a: Math.min(a, b), b: Math.max(a, b), radio: 0 };
    return [
      { ...pair, atMs: fromMs, up: true },
      { ...pair, atMs: toMs, up: false },
    ];
  });
  events.sort((x, y) => x.atMs - y.atMs || Number(x.up) - Number(y.up) || x.a - y.a || x.b - y.b);
  const endMs = events.at(-1)?.atMs ?? 0;
  const messages = letters.map(({ from, to, atMs }) => ({
    from,
    to,
    createdAtMs: atMs,
    expiresAtMs: atMs + lifetimeMs,
  }));
  return earliestArrivals({ nodes: NODES, endMs, events: () => events }, messages);
}

function slice(
  name: string,
  file: string,
  hours: {
    readonly from: number;
    readonly to: number;
    readonly writeFrom: number;
    readonly writeTo: number;
    readonly lifetime: number;
  },
): Slice {
  const ms = (hour: number): number => hour * HOUR_MS;
  return {
    name,
    file,
    fromMs: ms(hours.from),
    toMs: ms(hours.to),
    writeFromMs: ms(hours.writeFrom),
    writeToMs: ms(hours.writeTo),
    lifetimeMs: ms(hours.lifetime),
  };
}

function figure(key: string, label: string, value: number, unit: string): Figure {
  return { key, label, value, unit };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
