/** Scenarios: one file, one experiment. */
export { buildScenario, type ReadFile } from './build.js';
export { PRESETS, type Preset } from './presets/index.js';
export { checkPlain, type PlainScenario, type ReadScenario, readScenario } from './read.js';
export { SCENARIO_SCHEMA } from './schema.js';
export type { EngineSettings, Faults, NodeGroup, Scenario, TrafficSource } from './types.js';
