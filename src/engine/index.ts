/** The engine: one node's whole core, for any host to run (architecture §1; docs/decisions). */
export { forLink, inPieces } from './egress.js';
export { Engine } from './engine.js';
export type { Objection } from './examine.js';
export type { DtnStatus, EngineStatus } from './status.js';
export type {
  Command,
  CommandResult,
  CommandResults,
  EngineAction,
  EngineConfig,
  EngineEvent,
  EngineTiming,
  LocalPersonKeys,
  Refusal,
  RequestId,
  TransferId,
} from './types.js';
