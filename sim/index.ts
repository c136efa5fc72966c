/** The simulator: whole meshes of the core that laptops run, under virtual time (architecture §8; docs/researchers.md). */
export { Contact, type ContactOptions } from './contact.js';
export { Mesh, type MeshOptions } from './mesh.js';
export * from './mobility/index.js';
export { earliestArrivals, LinkOracle, type OracleMessage, type SizedMessage } from './oracle/index.js';
export {
  type ContactEvent,
  type ContactSource,
  mergeContacts,
  mobilityContacts,
  type RadioModel,
} from './radio/index.js';
export { htmlReport, type RunPageOptions, type SweepPageOptions, sweepHtml } from './reports/html/index.js';
export {
  csvReport,
  type MessageResult,
  type RunResult,
  type Summary,
  summarise,
  textReport,
} from './reports/index.js';
export {
  buildScenario,
  checkPlain,
  type EngineSettings,
  type Faults,
  type NodeGroup,
  type PlainScenario,
  PRESETS,
  type ReadFile,
  readScenario,
  type Scenario,
  type TrafficSource,
} from './scenario/index.js';
export { SimNode, type SimNodeOptions } from './sim-node.js';
export {
  filesOf,
  planSweep,
  runOnQueue,
  runOnThreads,
  SweepJournal,
  type SweepResult,
  type SweepRow,
  serveQueue,
  settingText,
  sweepCsv,
  sweepRows,
} from './sweep/index.js';
export { type ReadTraceOptions, readTrace, type Trace, type TraceFormat } from './traces/index.js';
export { VirtualTime } from './virtual-time.js';
export { contactsOf, EventLog, type EventLogOptions, type SimulateOptions, simulate } from './world/index.js';
