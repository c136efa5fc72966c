/** How bytes cross between laptops: TCPCLv4 sessions, and the neighbourhood that finds, dials and keeps them. */
export type { Connection, ConnectionHandlers, DialHandlers, Listener, Secured, Transport } from './connection.js';
export { createDiscovery, type DiscoveryOptions } from './discovery/discovery.js';
export { type NetworkInterface, systemInterfaces } from './discovery/interfaces.js';
export { AddressBook, type BookEntry } from './discovery/poll/address-book.js';
export { DERIVED_PREFIX_LENGTH, type DerivedAddressKind, derivedAddress } from './discovery/poll/derived-address.js';
export type { PollingOptions } from './discovery/poll/poller.js';
export type { Discovery, DiscoveryStart, FoundPeer } from './discovery/types.js';
export { type Backoff, DEFAULT_BACKOFF } from './neighbourhood/backoff.js';
export { createNeighbourhood, type Neighbourhood, type NeighbourhoodOptions } from './neighbourhood/neighbourhood.js';
export { type NetworkListener, type Networks, watchedNetworks } from './networks.js';
export { dialPlain, listenPlain, type PlainHandlers, type PlainOptions } from './plain.js';
export {
  BUNDLE_SECURITY,
  type LinkSecurity,
  nodeIdsIn,
  SUBJECT_ALT_NAME,
  subjectAltNameOf,
  type TlsCredentials,
  type TlsPolicy,
} from './security/index.js';
export { diskFiles, STICK_FOLDER, type StickFiles } from './sneakernet/files.js';
export { decodeManifest, encodeManifest, type Manifest } from './sneakernet/manifest.js';
export { mountedFolders } from './sneakernet/mounts.js';
export {
  type ClearReason,
  type StickHost,
  type VisitOptions,
  type VisitProgress,
  type VisitReport,
  visitStick,
} from './sneakernet/visit.js';
export { RefuseReason } from './tcpcl/codes.js';
export { DEFAULT_LIMITS, type SessionLimits } from './tcpcl/limits.js';
export { MAX_FRAME_BYTES } from './tcpcl/messages.js';
export { tcpTransport } from './tcpcl/tcp.js';
export { systemTimers, type Timers } from './timers.js';
export type {
  CutTransfer,
  DownReason,
  Endpoint,
  IncomingTransfer,
  LinkEvents,
  LinkSession,
  SendOutcome,
  SessionSecurity,
} from './types.js';
