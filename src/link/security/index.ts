/** TLS under TCPCLv4 (RFC 9174 §4.4): who we show ourselves as, and what we make of who the peer is. */
export { type IdentityClaim, type IdentityVerdict, judgeIdentity, type TlsPolicy } from './identity.js';
export { BUNDLE_SECURITY, nodeIdsIn, SUBJECT_ALT_NAME, subjectAltNameOf } from './node-id-name.js';
export { type PeerCertificate, peerCertificate } from './peer-certificate.js';
export type { LinkSecurity, TlsCredentials } from './types.js';
