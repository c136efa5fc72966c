/** Reports: what a run found out, for people and for programs. */
export { csvReport } from './csv.js';
export { quantile, type Spread, type Summary, spread, summarise } from './summary.js';
export { percent, reportRows, textReport, time } from './text.js';
export type { ByteKind, MessageResult, PresenceResult, RunResult } from './types.js';
