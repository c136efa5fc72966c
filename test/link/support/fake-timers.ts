/** A clock that only moves when a test says so. */
import type { Timers } from '../../../src/link/index.js';

export interface FakeTimers extends Timers {
  /** Lets time pass; tasks run in the order of their due times, and so do promises between them. */
  advance(ms: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  readonly pending: number;
}

interface Task {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Enough turns for a chain of promises; a chain longer than this is a test of its own. */
const TURNS = 20;

export function fakeTimers(): FakeTimers {
  let now = 0;
  let order = 0;
  const tasks = new Set<Task>();
  const settle = async () => {
    for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
  };
  return {
    now: () => now,
    after(delayMs, run) {
      const task = { at: now + Math.max(0, delayMs), order: order++, run };
      tasks.add(task);
      return () => tasks.delete(task);
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (;;) {
        const due = [...tasks].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0];
        if (due === undefined) break;
        tasks.delete(due);
        now = Math.max(now, due.at);
        due.run();
        await settle();
      }
      now = until;
    },
    settle,
    get pending() {
      return tasks.size;
    },
  };
}
