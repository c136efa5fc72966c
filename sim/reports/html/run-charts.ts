/** The plots of a run, as data. Long series are sampled: a curve of a few hundred points looks the same. */

import { KIND_NAMES } from '../text.js';
import type { ByteKind, MessageResult, RunResult } from '../types.js';
import type { Chart, ChartSeries } from './page/types.js';

/** A plot, with what is written above and below it. */
export interface Figure {
  readonly title: string;
  readonly caption: string;
  readonly chart: Chart;
}

const POINTS = 400;

export function runFigures(result: RunResult): readonly Figure[] {
  return [
    deliveryOverTime(result),
    delays(result),
    hopCounts(result),
    stores(result),
    bytesByKind(result),
    ...reasons(result),
    ...calibration(result),
  ];
}

type Time = (message: MessageResult) => number | undefined;

/** Ours, and what contacts allowed; the second only where it was computed. */
function arrivals({
  messages,
}: RunResult): readonly (Pick<ChartSeries, 'name' | 'form' | 'colour'> & { readonly time: Time })[] {
  const overLinks: Time = ({ oracle }) => oracle.earliestOverLinksAtMs;
  return [
    // Underneath, because ours is often so close to it.
    { name: 'oracle, links without limits', time: ({ oracle }) => oracle.earliestAtMs, form: 'broad', colour: 1 },
    ...(messages.some((message) => overLinks(message) !== undefined)
      ? [{ name: 'oracle, links as they are', time: overLinks, form: 'dashes' as const, colour: 2 }]
      : []),
    { name: 'delivered', time: ({ deliveredAtMs }) => deliveredAtMs, form: 'step', colour: 0 },
  ];
}

function deliveryOverTime(result: RunResult): Figure {
  const times = evenly(0, result.endedAtMs);
  const written: Time = ({ createdAtMs }) => createdAtMs;
  const series = [...arrivals(result), { name: 'written', time: written, form: 'line' as const, colour: 7 }];
  return {
    title: 'Deliveries over time',
    caption: 'Messages delivered so far, beside those that contacts would have allowed to deliver by then.',
    chart: {
      target: 'plot-delivery',
      x: { unit: 'time', title: 'since the start' },
      y: { unit: 'count', title: 'messages' },
      xs: times.map((ms) => ms / 1000),
      series: series.map(({ time, ...look }) => ({
        ...look,
        values: cumulative(result.messages.map(time), times),
      })),
    },
  };
}

function delays(result: RunResult): Figure {
  const { messages } = result;
  const taken = arrivals(result).map(({ time, ...look }) => ({
    look,
    // The logarithm of less than a second is of no interest.
    delays: messages.map((message) => {
      const at = time(message);
      return at === undefined ? undefined : Math.log10(Math.max(1, (at - message.createdAtMs) / 1000));
    }),
  }));
  const longest = taken.flatMap((one) => one.delays).reduce<number>((most, delay) => Math.max(most, delay ?? 0), 1);
  const xs = evenly(0, longest);
  return {
    title: 'Delay',
    caption: 'The share of all messages that arrived within a time, on a logarithmic scale.',
    chart: {
      target: 'plot-delay',
      x: { unit: 'log-time', title: 'since it was written' },
      y: { unit: 'share', title: 'of all messages', max: 1 },
      xs,
      series: taken.map((one) => ({
        ...one.look,
        values: cumulative(one.delays, xs).map((count) => count / Math.max(1, messages.length)),
      })),
    },
  };
}

function hopCounts({ messages }: RunResult): Figure {
  const counts: number[] = [];
  for (const { hops } of messages) if (hops !== undefined) counts[hops] = (counts[hops] ?? 0) + 1;
  const most = Math.max(1, counts.length - 1);
  const values = Array.from({ length: most }, (_, index) => counts[index + 1] ?? 0);
  return {
    title: 'Hops',
    caption: 'Over how many hand-overs delivered messages came.',
    chart: bars(
      'plot-hops',
      'hops',
      values.map((_, index) => String(index + 1)),
      'count',
      'messages',
      values,
    ),
  };
}

function stores({ buffers, endedAtMs }: RunResult): Figure {
  const samples = [{ atMs: 0, mean: 0, max: 0 }, ...buffers.samples];
  return {
    title: 'Stores',
    caption: 'How full the stores were: the share of each laptop’s quota in use, on average, and of the fullest.',
    chart: {
      target: 'plot-stores',
      x: { unit: 'time', title: 'since the start' },
      y: { unit: 'share', title: 'of the quota' },
      xs: buffers.samples.length === 0 ? [0, endedAtMs / 1000] : samples.map(({ atMs }) => atMs / 1000),
      series: [
        { name: 'mean', form: 'line', values: samples.map(({ mean }) => mean) },
        { name: 'fullest', form: 'dashes', values: samples.map(({ max }) => max) },
      ],
    },
  };
}

function bytesByKind({ bytes }: RunResult): Figure {
  const kinds = (Object.entries(KIND_NAMES) as [ByteKind, string][]).filter(([kind]) => bytes[kind] > 0);
  const names = kinds.map(([, name]) => name.replace(' and acknowledgements', ''));
  return {
    title: 'On the air',
    caption:
      'What was sent over all links, by what it was for. Gossip is what laptops say to find out what to send, with acknowledgements.',
    chart: bars(
      'plot-bytes',
      'kind',
      names,
      'bytes',
      'bytes',
      kinds.map(([kind]) => bytes[kind]),
    ),
  };
}

function reasons({ drops, refusals }: RunResult): readonly Figure[] {
  const counted = (by: Readonly<Record<string, number>>, what: string): readonly (readonly [string, number])[] =>
    Object.entries(by)
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => [`${what}: ${reason}`, count] as const);
  const all = [...counted(drops, 'dropped'), ...counted(refusals, 'refused')];
  if (all.length === 0) return [];
  return [
    {
      title: 'Dropped and refused',
      caption: 'Copies that left a store, and copies that were not taken, by reason.',
      chart: bars(
        'plot-reasons',
        'reason',
        all.map(([name]) => name),
        'count',
        'copies',
        all.map(([, count]) => count),
      ),
    },
  ];
}

function calibration({ presence }: RunResult): readonly Figure[] {
  if (presence === undefined) return [];
  const { bins, brier, logScore } = presence;
  // The diagonal needs its ends, and the bins stand where they were stated.
  const xs = [...new Set([0, ...bins.map(({ stated }) => stated), 1])].sort((a, b) => a - b);
  const byStated = new Map(bins.map(({ stated, observed }) => [stated, observed]));
  const asked = bins.map(({ stated, count }) => `${count} at ${(100 * stated).toFixed(0)} %`).join(', ');
  return [
    {
      title: 'Presence',
      caption: `How often people could be reached, by the confidence that was stated. Brier score ${brier.toFixed(3)}, log score ${logScore.toFixed(3)}. Predictions: ${asked}.`,
      chart: {
        target: 'plot-presence',
        x: { unit: 'share', title: 'stated' },
        y: { unit: 'share', title: 'could be reached', max: 1 },
        xs,
        series: [
          { name: 'observed', form: 'joined-points', values: xs.map((stated) => byStated.get(stated) ?? null) },
          { name: 'perfect', form: 'dashes', values: xs },
        ],
      },
    },
  ];
}

function bars(
  target: string,
  xTitle: string,
  labels: readonly string[],
  unit: Chart['y']['unit'],
  yTitle: string,
  values: readonly number[],
): Chart {
  return {
    target,
    x: { unit: 'number', title: xTitle, labels },
    y: { unit, title: yTitle },
    xs: labels.map((_, index) => index),
    series: [{ name: yTitle, form: 'bars', values }],
  };
}

function evenly(from: number, to: number): readonly number[] {
  return Array.from({ length: POINTS + 1 }, (_, index) => from + ((to - from) * index) / POINTS);
}

/** @returns how many values are not above each of these. */
function cumulative(values: readonly (number | undefined)[], at: readonly number[]): readonly number[] {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  let count = 0;
  return at.map((most) => {
    while (count < sorted.length && (sorted[count] ?? 0) <= most) count += 1;
    return count;
  });
}
