/** Who is who: ids, device certificates, profiles, addresses, contacts (architecture §3, §6). */
export { type Address, fullJid, jidOfAddress, parseAddress, shortJid, slug } from './address.js';
export {
  CertificateCache,
  type DeviceCertificate,
  issueDeviceCertificate,
  readDeviceCertificate,
} from './certificate.js';
export { Directory, decodeKnownDevice, encodeKnownDevice, type KnownDevice, MAX_DEVICES } from './directory.js';
export {
  chatEndpoint,
  deviceEid,
  deviceNameOf,
  isPersonId,
  MESH_NODE,
  nodeEid,
  nodeIdOf,
  PRESENCE_ENDPOINT,
  PROFILE_ENDPOINT,
  personIdOf,
  personOf,
  receiptEndpoint,
  SERVICE,
} from './ids.js';
export {
  boxKeyIdOf,
  decodeProfile,
  encodeProfile,
  isNickname,
  MAX_NICKNAME_BYTES,
  nicknameFrom,
  type Profile,
} from './profile.js';
export { type Contact, decodeContact, encodeContact, Roster } from './roster.js';
export type { ContactTrust, NodeId, PersonId } from './types.js';
