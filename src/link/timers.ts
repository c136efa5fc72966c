import type { Timers } from '../base/index.js';

export type { Timers };

/** The machine's own timers. They never keep the process alive by themselves: sockets do. */
export function systemTimers(): Timers {
  return {
    now: () => performance.now(),
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
