/** Presence is evidence with an age (architecture §7; docs/protocol/presence.md). */
export { type Beacon, decodeBeacon, encodeBeacon, MAX_STATUS_BYTES, type Show } from './beacon.js';
export { AGEING, type AgeingCurve, ageingModel, PRIOR, type PresenceModel } from './confidence.js';
export { type Evidence, type EvidenceKind, newerEvidence, SIGN_OFF_GRACE_MS } from './evidence.js';
export { decodePresenceRecord, encodePresenceRecord, type PresenceRecord } from './record.js';
