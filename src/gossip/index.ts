/** Gossip: neighbours, what each lacks, and the order in which it is sent (architecture §5; docs/protocol/gossip.md). */
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
export type { Cursor, SessionHome } from './session.js';
export { epidemic, type Neighbour, type RoutingStrategy, sendingOrder } from './strategy.js';
