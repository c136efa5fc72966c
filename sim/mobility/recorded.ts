/** Paths recorded elsewhere: `time id x y` lines under a heading of bounds, the external movement format of The ONE. */
import { HearsayError } from '../../src/base/index.js';
import type { Leg, MobilityModel } from './types.js';

interface Sample {
  readonly atMs: number;
  readonly x: number;
  readonly y: number;
}

/**
 * A node moves in a straight line from sample to sample and stands after its last one. Positions are taken from the
 * smallest x and y in the heading.
 *
 * @throws HearsayError `ERR_TRACE` with the line that can't be read.
 */
export function recordedPaths(text: string): {
  readonly model: MobilityModel;
  readonly nodes: number;
  readonly widthM: number;
  readonly heightM: number;
} {
  const samples = new Map<string, Sample[]>();
  let bounds: readonly number[] | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fields = line.replace(/#.*/, '').trim().split(/\s+/);
    if (fields[0] === '') continue;
    if (bounds === undefined) {
      bounds = numbers(fields, index + 1, 6);
      continue;
    }
    const id = fields[1] ?? '';
    const [time = 0, , x = 0, y = 0] = numbers([fields[0] ?? '', '0', ...fields.slice(2)], index + 1, 4);
    const [minTime = 0, , minX = 0, , minY = 0] = bounds;
    const path = samples.get(id) ?? [];
    samples.set(id, path);
    path.push({ atMs: (time - minTime) * 1000, x: x - minX, y: y - minY });
  }
  const [, , minX = 0, maxX = 0, minY = 0, maxY = 0] = bounds ?? [];
  const paths = [...samples].sort(([a], [b]) => Number(a) - Number(b) || (a < b ? -1 : 1)).map(([, path]) => path);
  for (const path of paths) path.sort((a, b) => a.atMs - b.atMs);
  return {
    model: { name: 'recorded', path: ({ member, endMs }) => legsOf(paths[member] ?? [], endMs) },
    nodes: paths.length,
    widthM: maxX - minX,
    heightM: maxY - minY,
  };
}

function* legsOf(path: readonly Sample[], endMs: number): Generator<Leg> {
  const first = path[0];
  if (first === undefined) return;
  let last: Sample = { ...first, atMs: 0 };
  for (const next of [...path, { ...(path.at(-1) ?? first), atMs: endMs }]) {
    if (next.atMs <= last.atMs) continue;
    yield { fromMs: last.atMs, toMs: next.atMs, fromX: last.x, fromY: last.y, toX: next.x, toY: next.y };
    last = next;
  }
}

function numbers(fields: readonly string[], line: number, atLeast: number): readonly number[] {
  const values = fields.map(Number);
  if (values.length < atLeast || values.some((value) => !Number.isFinite(value))) {
    throw new HearsayError('ERR_TRACE', `line ${line} of the recorded paths is not ${atLeast} numbers`);
  }
  return values;
}
