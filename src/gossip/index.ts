/** Gossip: neighbours, what each lacks, and the order in which it is sent (architecture §5; docs/protocol/gossip.md). */
export { BoundedMap } from './bounded-map.js';
export { MAX_CUSTODY_KEYS } from './custody.js';
export {
  decodeFrame,
  encodeFrame,
  GOSSIP_VERSION,
  type GossipFrame,
  MAX_FRAME_BYTES,
  MAX_OFFER_IDS,
} from './frames.js';
export { Gossip, type GossipHome, type GossipOutput, type LinkId, type NeighbourView } from './gossip.js';
export type { LinkChannel } from './handshake.js';
export type { SendOutcome, TransferOutcome } from './offering.js';
export { placeOf, Routing, type RoutingHome } from './routing.js';
export type { Cursor, SessionHome } from './session.js';
export {
  DEFAULT_STRATEGY,
  type ParameterValue,
  type StrategyChoice,
  strategyFor,
  strategyNames,
} from './strategies/index.js';
export {
  epidemic,
  type HandOver,
  isGoverned,
  type MeshView,
  type Neighbour,
  type RoutingStrategy,
  type StrategyFactory,
  sendingOrder,
} from './strategy.js';
