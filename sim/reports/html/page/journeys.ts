/** What became of each message, and who has it at any time. Stands on its own: see ../script.ts. */
import type { Happening } from '../../../world/index.js';
import type { FollowedMessage } from './types.js';

export interface Step {
  readonly time: number;
  readonly happening: number;
  readonly node: number;
  readonly from: number | undefined;
}

export interface Carriage {
  readonly node: number;
  readonly from: number;
  /** Until it was handed on, on the way to the recipient. */
  readonly to: number;
}

export interface Journeys {
  /** All steps of a message, in order. */
  steps(message: number): readonly Step[];
  /** Who has it at this time, and since when. */
  holders(message: number, time: number): ReadonlyMap<number, number>;
  /** The way to the recipient, carrier by carrier; nothing when it did not arrive. */
  carriages(message: number): readonly Carriage[];
}

/** @param packed time (as a difference), what happened, which message, at which node, from which node + 1. */
export function journeys(packed: readonly number[], messages: readonly FollowedMessage[]): Journeys {
  const copied: Happening.Copied = 1;
  const left: Happening.Left = 2;
  const written: Happening.Written = 0;
  const width = 5;
  const stepsOf: Step[][] = messages.map(() => []);
  let time = 0;
  for (let at = 0; at < packed.length; at += width) {
    time += packed[at] ?? 0;
    const from = (packed[at + 4] ?? 0) - 1;
    stepsOf[packed[at + 2] ?? 0]?.push({
      time,
      happening: packed[at + 1] ?? 0,
      node: packed[at + 3] ?? 0,
      from: from < 0 ? undefined : from,
    });
  }
  const arrival = (message: number, node: number): number => {
    const steps = stepsOf[message] ?? [];
    return steps.find((step) => step.node === node && step.happening <= copied)?.time ?? 0;
  };
  return {
    steps: (message) => stepsOf[message] ?? [],
    holders(message, until) {
      const since = new Map<number, number>();
      for (const step of stepsOf[message] ?? []) {
        if (step.time > until) break;
        if (step.happening === left) since.delete(step.node);
        else if (step.happening === copied || step.happening === written) since.set(step.node, step.time);
      }
      return since;
    },
    carriages(message) {
      const path = messages[message]?.path ?? [];
      return path.slice(0, -1).map((node, index) => ({
        node,
        from: arrival(message, node),
        to: arrival(message, path[index + 1] ?? node),
      }));
    },
  };
}
