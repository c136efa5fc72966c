/** Who is in reach of whom, and who is off, at any time. Stands on its own: see ../script.ts. */

export interface MeshState {
  /** How many radios join a pair; the pair a, b is a · nodes + b. */
  readonly links: ReadonlyMap<number, number>;
  readonly isOff: Uint8Array;
  /** Goes to this time, forwards or backwards: what happened between is done, or undone. */
  seek(time: number): void;
}

/**
 * @param contacts as differences: time, node, twice the other and 1 for up.
 * @param power as differences: time, twice the node and 1 for on.
 */
export function meshState(nodes: number, contacts: readonly number[], power: readonly number[]): MeshState {
  const timesOf = (packed: readonly number[], width: number): Float64Array => {
    const times = new Float64Array(packed.length / width);
    let time = 0;
    for (let index = 0; index < times.length; index++) {
      time += packed[index * width] ?? 0;
      times[index] = time;
    }
    return times;
  };
  const links = new Map<number, number>();
  const isOff = new Uint8Array(nodes);
  const join = (index: number, isForwards: boolean): void => {
    const coded = contacts[3 * index + 2] ?? 0;
    const pair = (contacts[3 * index + 1] ?? 0) * nodes + (coded >> 1);
    const count = (links.get(pair) ?? 0) + (((coded & 1) === 1) === isForwards ? 1 : -1);
    if (count > 0) links.set(pair, count);
    else links.delete(pair);
  };
  const turn = (index: number, isForwards: boolean): void => {
    const coded = power[2 * index + 1] ?? 0;
    isOff[coded >> 1] = ((coded & 1) === 1) === isForwards ? 0 : 1;
  };
  const logs = [
    { times: timesOf(contacts, 3), done: 0, change: join },
    { times: timesOf(power, 2), done: 0, change: turn },
  ];
  return {
    links,
    isOff,
    seek(time) {
      for (const log of logs) {
        while (log.done < log.times.length && (log.times[log.done] ?? 0) <= time) log.change(log.done++, true);
        while (log.done > 0 && (log.times[log.done - 1] ?? 0) > time) log.change(--log.done, false);
      }
    },
  };
}
