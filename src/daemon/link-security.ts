/** How links to neighbours are secured: the config's words, the node's own certificate, and whom else to believe. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { HearsayError, type Logger, messageOf } from '../base/index.js';
import type { LinkSecurity } from '../link/index.js';
import type { SteadyClock } from './clock.js';
import type { DaemonConfig } from './config.js';
import type { Home } from './home.js';
import { loadOrCreateNodeCertificate } from './node-certificate.js';

export interface LinkSecurityParts {
  readonly home: Home;
  readonly nodeSeed: Uint8Array;
  readonly clock: Pick<SteadyClock, 'now'>;
  readonly log: Logger;
}

/**
 * @returns undefined when TLS is switched off
 * @throws HearsayError `ERR_CONFIG` when the file of authorities is of no use
 */
export async function linkSecurity(
  { tls, tlsAuthorities }: Pick<DaemonConfig, 'tls' | 'tlsAuthorities'>,
  { home, nodeSeed, clock, log }: LinkSecurityParts,
): Promise<LinkSecurity | undefined> {
  if (tls === 'off') return undefined;
  const authorities = tlsAuthorities === undefined ? [] : await readAuthorities(tlsAuthorities);
  const credentials = await loadOrCreateNodeCertificate(home, nodeSeed, log);
  return { policy: tls, credentials: { ...credentials, authorities }, wallTime: () => clock.now().wall };
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

async function readAuthorities(path: string): Promise<readonly string[]> {
  try {
    const found = (await readFile(path, 'utf8')).match(PEM_CERTIFICATE) ?? [];
    if (found.length === 0) throw new HearsayError('ERR_CONFIG', 'there is no certificate in it');
    for (const pem of found) {
      const { ca, subject } = new X509Certificate(pem);
      if (!ca) throw new HearsayError('ERR_CONFIG', `"${subject}" is not the certificate of an authority`);
    }
    return found;
  } catch (error) {
    throw new HearsayError('ERR_CONFIG', `tls-authorities: can't use ${path}: ${messageOf(error)}`, { cause: error });
  }
}
