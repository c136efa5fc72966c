/** Contact traces in memory. */
import type { ContactSource } from '../radio/types.js';

export type TraceFormat = 'the-one' | 'intervals' | 'sociopatterns' | 'plain';

export interface Trace extends ContactSource {
  readonly format: TraceFormat;
  /** What the trace calls its nodes, by index. */
  readonly names: readonly string[];
  /** Added to a time in the trace to get ms since the start. */
  readonly offsetMs: number;
  readonly contacts: number;
}

/** One contact as a trace has it: names, and seconds on the trace's own clock. */
export interface TraceInterval {
  readonly a: string;
  readonly b: string;
  readonly fromS: number;
  readonly toS: number;
}
