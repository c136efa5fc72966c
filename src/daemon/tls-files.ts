/** The certificate that chat clients see: made once, kept in the home, renewed when the mesh domain changes. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger, WallTimeMs } from '../base/index.js';
import { generateCertificate } from '../xmpp-adapter/index.js';
import { replaceFile } from './atomic-file.js';
import type { Home } from './home.js';

export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
  /** The certificate to install in clients that accept no unknown authority. */
  readonly authorityFile: string;
}

export async function loadOrCreateCertificate(
  home: Home,
  options: { readonly domain: string; readonly now: WallTimeMs; readonly log: Logger },
): Promise<TlsFiles> {
  const keyFile = join(home.tlsFolder, 'key.pem');
  const certFile = join(home.tlsFolder, 'cert.pem');
  const authorityFile = join(home.tlsFolder, 'authority.pem');
  const key = await readIfThere(keyFile);
  const cert = await readIfThere(certFile);
  if (key !== undefined && cert !== undefined && isGood(cert, options)) return { key, cert, authorityFile };
  const made = await generateCertificate(options);
  await replaceFile(authorityFile, made.authority);
  await replaceFile(certFile, made.cert);
  await replaceFile(keyFile, made.key);
  options.log.info('a certificate for chat clients was made', { domain: options.domain });
  return { key: made.key, cert: made.cert, authorityFile };
}

function isGood(pem: string, options: { readonly domain: string; readonly now: WallTimeMs }): boolean {
  try {
    const certificate = new X509Certificate(pem);
    return certificate.checkHost(options.domain) !== undefined && Date.parse(certificate.validTo) > options.now;
  } catch {
    return false;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
