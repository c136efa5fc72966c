/** The contact headers and what follows from them: TLS or not (RFC 9174 §4.2, §4.3). Pure. */
import type { Secured } from '../connection.js';
import { judgeIdentity, type LinkSecurity, type TlsPolicy } from '../security/index.js';
import { ContactFlag } from './codes.js';
import { type ContactHeader, TCPCL_VERSION } from './messages.js';
import type { Channel } from './negotiation.js';

export type AfterContact =
  | { readonly next: 'tls' }
  | { readonly next: 'plain'; readonly channel: Channel }
  /** Why SESS_TERM "contact failure" follows. */
  | { readonly next: 'refuse'; readonly why: string };

/** Our own. */
export function contactHeader(policy: TlsPolicy): ContactHeader {
  return { type: 'contact', version: TCPCL_VERSION, flags: policy === 'off' ? 0 : ContactFlag.CanTls };
}

/** @param peerFlags of the peer's contact header */
export function afterContact(role: 'active' | 'passive', policy: TlsPolicy, peerFlags: number): AfterContact {
  const ours = contactHeader(policy).flags;
  const theirs = peerFlags & ContactFlag.CanTls;
  if (ours !== 0 && theirs !== 0) return { next: 'tls' };
  if (policy === 'require') return { next: 'refuse', why: 'the peer does not offer TLS' };
  const binding = role === 'active' ? Uint8Array.of(ours, theirs) : Uint8Array.of(theirs, ours);
  return { next: 'plain', channel: { encrypted: false, binding, judge: () => ({ ok: true, proved: false }) } };
}

export function tlsChannel(secured: Extract<Secured, { ok: true }>, security: LinkSecurity): Channel {
  const { certificate, channel } = secured;
  return {
    encrypted: true,
    binding: channel,
    judge: (nodeEid, gossip) => judgeIdentity({ nodeEid, gossip, certificate }, security.policy, security.wallTime()),
  };
}
