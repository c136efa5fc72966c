/** Where everybody is at any time. Stands on its own: see ../script.ts. */

export interface Tracks {
  /** Puts the place of a node at this time into `x` and `y`. */
  place(node: number, time: number): void;
  x: number;
  y: number;
  /** The corners of the way that a node goes between two times, both ends included: x, y, x, y, … */
  stretch(node: number, from: number, to: number): number[];
  readonly bounds: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
}

/** @param paths corners as differences: time, x, y. */
export function tracks(paths: readonly (readonly number[])[]): Tracks {
  const bounds = {
    left: Number.POSITIVE_INFINITY,
    top: Number.POSITIVE_INFINITY,
    right: Number.NEGATIVE_INFINITY,
    bottom: Number.NEGATIVE_INFINITY,
  };
  const columns = paths.map((deltas) => {
    const corners = deltas.length / 3;
    const [times, xs, ys] = [new Float64Array(corners), new Float64Array(corners), new Float64Array(corners)];
    let [time, x, y] = [0, 0, 0];
    for (let corner = 0; corner < corners; corner++) {
      time += deltas[3 * corner] ?? 0;
      x += deltas[3 * corner + 1] ?? 0;
      y += deltas[3 * corner + 2] ?? 0;
      times[corner] = time;
      xs[corner] = x;
      ys[corner] = y;
      bounds.left = Math.min(bounds.left, x);
      bounds.right = Math.max(bounds.right, x);
      bounds.top = Math.min(bounds.top, y);
      bounds.bottom = Math.max(bounds.bottom, y);
    }
    return { times, xs, ys };
  });
  /** The corner that each node has passed last: time mostly moves on by little. */
  const passed = new Int32Array(columns.length);
  const made: Tracks = {
    x: 0,
    y: 0,
    bounds,
    place(node, time) {
      const column = columns[node];
      if (column === undefined) return;
      const { times, xs, ys } = column;
      let at = passed[node] ?? 0;
      while (at + 1 < times.length && (times[at + 1] ?? 0) <= time) at++;
      while (at > 0 && (times[at] ?? 0) > time) at--;
      passed[node] = at;
      const before = times[at] ?? 0;
      const lasts = (times[at + 1] ?? before) - before;
      const share = lasts > 0 ? Math.max(0, Math.min(1, (time - before) / lasts)) : 0;
      const [x, y] = [xs[at] ?? 0, ys[at] ?? 0];
      made.x = x + share * ((xs[at + 1] ?? x) - x);
      made.y = y + share * ((ys[at + 1] ?? y) - y);
    },
    stretch(node, from, to) {
      const column = columns[node];
      if (column === undefined) return [];
      made.place(node, from);
      const corners = [made.x, made.y];
      for (let at = (passed[node] ?? 0) + 1; at < column.times.length && (column.times[at] ?? 0) < to; at++) {
        corners.push(column.xs[at] ?? 0, column.ys[at] ?? 0);
      }
      made.place(node, to);
      corners.push(made.x, made.y);
      return corners;
    },
  };
  return made;
}
