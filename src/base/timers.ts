/** Time as an argument: the daemon passes the machine's, tests pass a clock that they turn by hand. */
export interface Timers {
  /** Milliseconds on a clock that never jumps; only differences mean anything. */
  now(): number;
  /** Runs `task` once, `delayMs` from now. @returns a function that forgets it; calling it late or twice is harmless. */
  after(delayMs: number, task: () => void): () => void;
}
