/** The edge for ordinary XMPP clients: docs/protocol/xmpp.md says what it speaks and how the mesh looks through it. */
export { generateCertificate, type NodeCertificate } from './certificate.js';
export type { FindAccount, XmppAccount } from './host.js';
export { DEFAULT_LIMITS, type XmppLimits } from './limits.js';
export { ensureReflectMetadata } from './reflection.js';
export { SCRAM_ITERATIONS, type ScramCredentials, scramCredentials } from './sasl/index.js';
export { startXmppServer, type XmppServer, type XmppServerOptions } from './server.js';
