/** Contact traces: who met whom, from when until when, as others have recorded it. */
export { detectFormat } from './formats.js';
export { type ReadTraceOptions, readTrace } from './read.js';
export type { Trace, TraceFormat } from './types.js';
