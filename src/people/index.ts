export type { NodeId, PersonId, TrustTier } from './types.js';
