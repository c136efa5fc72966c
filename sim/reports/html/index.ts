/** Reports as pages: one HTML file each, which opens without a network. */
export { REPLAY_LIMITS, type ReplayLimits } from './replay-data.js';
export { htmlReport, type RunPageOptions } from './run-report.js';
export { type SweepPageOptions, sweepHtml } from './sweep-report.js';
