/** A place to listen on or to connect to, and its text form `HOST:PORT`; IPv6 addresses stand in brackets. */
import { isIPv6 } from 'node:net';
import { HearsayError, printable } from '../base/index.js';

export interface HostPort {
  /** A name or an address, without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 asks for any free port, and makes sense only for listening. */
  readonly port: number;
}

const BRACKETED = /^\[([^\]]+)\]:(\d{1,5})$/;
const PLAIN = /^([^:[\]\s]+):(\d{1,5})$/;
const MAX_PORT = 65_535;

/** @throws HearsayError `ERR_HOST_PORT`, with a message that reads on after the name of the option. */
export function parseHostPort(text: string): HostPort {
  const bracketed = BRACKETED.exec(text);
  const match = bracketed ?? PLAIN.exec(text);
  const host = match?.[1];
  const port = Number(match?.[2]);
  if (host === undefined) throw refuse(text, isIPv6(text.replace(/:\d+$/, '')) || isIPv6(text));
  if (bracketed !== null && !isIPv6(host)) throw refuse(text, true);
  if (port > MAX_PORT) throw new HearsayError('ERR_HOST_PORT', `port ${port} is above ${MAX_PORT}`);
  return { host, port };
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function refuse(text: string, looksLikeIpv6: boolean): HearsayError {
  const hint = looksLikeIpv6 ? 'write an IPv6 address in brackets, as in [::1]:4556' : 'expected HOST:PORT';
  return new HearsayError('ERR_HOST_PORT', `"${printable(text)}" is no place to listen or connect: ${hint}`);
}
