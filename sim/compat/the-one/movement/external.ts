/**
 * `ExternalMovement`: places from a file. Its first line is `minTime maxTime minX maxX minY maxY minZ maxZ`, the others
 * are `time id x y`; times and places count from the minima. Between two of its places a host goes straight, at the
 * speed that brings it there on time whenever it could set out: rounding does not add up.
 */
import { DecodeError, printable } from '../../../../src/base/index.js';
import type { MovementModel, Path, Place } from './model.js';

export interface Sample extends Place {
  readonly at: number;
}

/** Each host's places by time, in the order in which the hosts first appear. */
export function parseMovements(text: string, file: string): readonly (readonly Sample[])[] {
  const hosts = new Map<string, Sample[]>();
  let header: readonly number[] | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const words = line.split(/\s+/);
    if (header === undefined) {
      header = numbers(words, file, index);
      if (header.length < 6) throw refuse(file, index, 'the first line has the smallest and largest time, x, y and z');
      continue;
    }
    const [at = 0, x = 0, y = 0] = numbers([words[0] ?? '', words[2] ?? '', words[3] ?? ''], file, index);
    const id = words[1] ?? '';
    const samples = hosts.get(id) ?? [];
    samples.push({ at: at - (header[0] ?? 0), x: x - (header[2] ?? 0), y: y - (header[4] ?? 0) });
    hosts.set(id, samples);
  }
  return [...hosts.values()];
}

function numbers(words: readonly string[], file: string, line: number): readonly number[] {
  const values = words.map((word) => (word === '' ? Number.NaN : Number(word)));
  const bad = values.findIndex((value) => Number.isNaN(value));
  if (bad >= 0) throw refuse(file, line, `"${printable(words[bad])}" is no number`);
  return values;
}

function refuse(file: string, line: number, why: string): DecodeError {
  return new DecodeError('ERR_THE_ONE_TRACE', `${file}:${line + 1}: ${why}`, line + 1);
}

export class ExternalMovement implements MovementModel {
  readonly #samples: readonly Sample[];
  #at = 0;

  /** @param samples at least one, by time */
  constructor(samples: readonly Sample[]) {
    this.#samples = samples;
  }

  initialPlace(): Place {
    return this.#samples[0] ?? { x: 0, y: 0 };
  }

  nextDeparture(): number {
    const next = this.#samples[this.#at + 1];
    return next === undefined ? Number.POSITIVE_INFINITY : (this.#samples[this.#at]?.at ?? 0);
  }

  nextPath(here: Place, now: number): Path | undefined {
    this.#at += 1;
    const goal = this.#samples[this.#at];
    if (goal === undefined) return undefined;
    const distance = Math.sqrt((goal.x - here.x) ** 2 + (goal.y - here.y) ** 2);
    // Standing still and being late both mean to be there at once.
    const speed = goal.at > now && distance > 0 ? distance / (goal.at - now) : Number.MAX_VALUE;
    return { speed, waypoints: [goal] };
  }
}
