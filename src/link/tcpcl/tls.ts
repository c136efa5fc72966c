/** TLS over a TCP connection that has spoken in clear before (RFC 9174 §4.4). */
import { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { DecodeError, messageOf } from '../../base/index.js';
import type { Secured } from '../connection.js';
import { peerCertificate, type TlsCredentials } from '../security/index.js';

export interface TlsOptions {
  /** The side that dialled is the client. */
  readonly side: 'client' | 'server';
  readonly credentials: TlsCredentials;
  /** What was dialled. */
  readonly host: string;
}

/** RFC 9266 §2: what both ends of a TLS 1.3 connection can compute, and nobody else. */
const CHANNEL_LABEL = 'EXPORTER-Channel-Binding';
const CHANNEL_BYTES = 32;

/**
 * TLS 1.3 only: it hides the certificates, and its exporter needs no care for renegotiation.
 *
 * Whoever the peer is, the handshake succeeds: node ids are judged when the session knows them (`judgeIdentity`).
 *
 * @param done called once
 */
export function tlsOver(socket: Socket, options: TlsOptions, done: (secured: Secured) => void): TLSSocket {
  const { side, credentials, host } = options;
  const { secureContext, authorities } = materialOf(credentials);
  const stream =
    side === 'server'
      ? new TLSSocket(socket, { isServer: true, secureContext, requestCert: true, rejectUnauthorized: false })
      : connect({ socket, secureContext, rejectUnauthorized: false, servername: isIP(host) === 0 ? host : '' });
  if (credentials.keyLog !== undefined) stream.on('keylog', credentials.keyLog);
  let isSettled = false;
  const settle = (secured: Secured) => {
    if (isSettled) return;
    isSettled = true;
    done(secured);
  };
  stream.on('error', (error) => {
    settle({ ok: false, why: messageOf(error) });
    socket.destroy();
  });
  stream.on('close', () => {
    settle({ ok: false, why: 'the connection closed during the handshake' });
    socket.destroy();
  });
  stream.once('secure', () => settle(outcomeOf(stream, authorities)));
  return stream;
}

function outcomeOf(stream: TLSSocket, authorities: readonly X509Certificate[]): Secured {
  try {
    const certificate = stream.getPeerX509Certificate();
    return {
      ok: true,
      certificate: certificate === undefined ? undefined : peerCertificate(certificate, authorities),
      channel: new Uint8Array(stream.exportKeyingMaterial(CHANNEL_BYTES, CHANNEL_LABEL, Buffer.alloc(0))),
    };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { ok: false, why: `the peer’s certificate: ${messageOf(error)}` };
  }
}

interface Material {
  readonly secureContext: SecureContext;
  readonly authorities: readonly X509Certificate[];
}

/** Keys and certificates are read once per node, not once per connection. */
const known = new WeakMap<TlsCredentials, Material>();

function materialOf(credentials: TlsCredentials): Material {
  const before = known.get(credentials);
  if (before !== undefined) return before;
  const { certificate: cert, privateKey: key, authorities = [] } = credentials;
  const material = {
    // Without authorities of OpenSSL's: those of the public web vouch for no node id, and ours are looked at afterwards.
    secureContext: createSecureContext({ minVersion: 'TLSv1.3', cert, key, ca: [] }),
    authorities: authorities.map((pem) => new X509Certificate(pem)),
  };
  known.set(credentials, material);
  return material;
}
