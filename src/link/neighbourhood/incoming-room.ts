/**
 * Whether there is room for one more connection that somebody opened to us. Pure.
 *
 * Who only connects and says nothing must not keep others out, however many addresses it has: when all the room is taken,
 * the connection that has waited longest for its session gives way. Sessions that stand are never given up for newcomers.
 */
export interface Incoming {
  readonly host: string;
  /** True when its session stands. */
  readonly stands: boolean;
}

export interface IncomingLimits {
  readonly overall: number;
  readonly perHost: number;
}

export type Room<T> =
  | { readonly room: 'free' }
  | { readonly room: 'none' }
  | { readonly room: 'after'; readonly drop: T };

/** @param incoming the connections that are open, the oldest first */
export function roomFor<T extends Incoming>(host: string, incoming: readonly T[], limits: IncomingLimits): Room<T> {
  const fromThere = incoming.filter((each) => each.host === host);
  const isFullThere = fromThere.length >= limits.perHost;
  if (!isFullThere && incoming.length < limits.overall) return { room: 'free' };
  const drop = (isFullThere ? fromThere : incoming).find((each) => !each.stands);
  return drop === undefined ? { room: 'none' } : { room: 'after', drop };
}
