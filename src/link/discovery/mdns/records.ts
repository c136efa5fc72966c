/** The DNS records of DNS-SD (RFC 6763) that announce a node, and the bounds within which we read those of others. */
import { printable, utf8 } from '../../../base/index.js';

/** IANA's service name for TCPCL (RFC 9174 §8.1). */
export const SERVICE_TYPE = '_dtn-bundle._tcp.local';
/** Lists all service types of a network (RFC 6763 §9). */
export const SERVICE_LIST = '_services._dns-sd._udp.local';

/** RFC 6762 §10 recommends 75 minutes; but no name of ours lives longer than 19. */
const LONG_TTL_S = 1_200;
/** Where a host name or an address is in the record (RFC 6762 §10). */
const SHORT_TTL_S = 120;
const MAX_LABEL_BYTES = 63;
const MAX_NAME_LENGTH = 255;
const MAX_TXT_BYTES = 1_300;
/** No honest packet needs more; the rest of one that has is not looked at. */
const MAX_RECORDS = 64;

export interface SrvTarget {
  readonly port: number;
  readonly target: string;
}

interface Common {
  readonly name: string;
  /** Seconds; 0 takes the record back. */
  readonly ttl: number;
}

export type ServiceRecord =
  | (Common & { readonly type: 'PTR'; readonly data: string })
  | (Common & { readonly type: 'SRV'; readonly data: SrvTarget })
  | (Common & { readonly type: 'TXT'; readonly data: readonly Uint8Array[] })
  | (Common & { readonly type: 'A' | 'AAAA'; readonly data: string });

export interface ServiceQuestion {
  readonly name: string;
  readonly type: string;
}

/** A packet as we need it; everything else in it is ignored. */
export interface ServicePacket {
  readonly type: 'query' | 'response';
  /** Only answers to askers that speak plain DNS repeat it (RFC 6762 §6.7). */
  readonly id: number;
  readonly questions: readonly ServiceQuestion[];
  readonly answers: readonly ServiceRecord[];
  readonly additionals: readonly ServiceRecord[];
  readonly authorities: readonly ServiceRecord[];
  /** More known answers follow in another packet (RFC 6762 §7.2). */
  readonly truncated: boolean;
}

export interface Announcement {
  readonly label: string;
  readonly port: number;
  readonly addresses: readonly string[];
}

export function instanceOf(label: string): string {
  return `${label}.${SERVICE_TYPE}`;
}

export function hostOf(label: string): string {
  return `hearsay-${label}.local`;
}

/** @returns the first label of an instance of our service, as it was written. */
export function labelOf(instance: string): string | undefined {
  const suffix = `.${SERVICE_TYPE}`;
  return instance.toLowerCase().endsWith(suffix) ? instance.slice(0, -suffix.length).toLowerCase() : undefined;
}

export function pointerTo(instance: string): ServiceRecord {
  return { name: SERVICE_TYPE, type: 'PTR', ttl: LONG_TTL_S, data: instance };
}

/** That our type of service is to be found here; everybody who offers it says the same. */
export const SERVICE_LIST_RECORD: ServiceRecord = {
  name: SERVICE_LIST,
  type: 'PTR',
  ttl: LONG_TTL_S,
  data: SERVICE_TYPE,
};

/** Records that only we have; they carry the cache-flush bit. The TXT record has to be there (RFC 6763 §6.1), and says nothing. */
export function uniqueRecords({ label, port, addresses }: Announcement): ServiceRecord[] {
  const instance = instanceOf(label);
  const host = hostOf(label);
  return [
    { name: instance, type: 'SRV', ttl: SHORT_TTL_S, data: { port, target: host } },
    { name: instance, type: 'TXT', ttl: LONG_TTL_S, data: [utf8('txtvers=1')] },
    ...addresses.map(
      (address): ServiceRecord => ({
        name: host,
        type: address.includes(':') ? 'AAAA' : 'A',
        ttl: SHORT_TTL_S,
        data: address,
      }),
    ),
  ];
}

/** Names are compared without regard to case (RFC 6762 §16). */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** @returns what we understand of a packet that a DNS library has taken apart; hostile parts are left out. */
export function readPacket(packet: unknown): ServicePacket | undefined {
  if (!isObject(packet) || (packet.type !== 'query' && packet.type !== 'response')) return undefined;
  const questions = list(packet.questions).flatMap((each): ServiceQuestion[] => {
    const name = isObject(each) ? readName(each.name) : undefined;
    return isObject(each) && name !== undefined ? [{ name, type: String(each.type) }] : [];
  });
  return {
    type: packet.type,
    id: typeof packet.id === 'number' ? packet.id : 0,
    questions,
    answers: readRecords(packet.answers),
    additionals: readRecords(packet.additionals),
    authorities: readRecords(packet.authorities),
    truncated: packet.flag_tc === true,
  };
}

function readRecords(records: unknown): ServiceRecord[] {
  return list(records).flatMap((each) => {
    const record = isObject(each) ? readRecord(each) : undefined;
    return record === undefined ? [] : [record];
  });
}

function readRecord(record: Readonly<Record<string, unknown>>): ServiceRecord | undefined {
  const name = readName(record.name);
  const { type, data } = record;
  const ttl = typeof record.ttl === 'number' && record.ttl >= 0 ? record.ttl : 0;
  if (name === undefined) return undefined;
  if (type === 'PTR') {
    const target = readName(data);
    return target === undefined ? undefined : { name, type, ttl, data: target };
  }
  if (type === 'SRV' && isObject(data)) {
    const target = readName(data.target);
    const { port } = data;
    if (target === undefined || typeof port !== 'number' || port < 1 || port > 0xffff) return undefined;
    return { name, type, ttl, data: { port, target } };
  }
  if (type === 'TXT') {
    const entries = (Array.isArray(data) ? data : [data]).filter((entry) => entry instanceof Uint8Array);
    const size = entries.reduce((sum, entry) => sum + entry.length, 0);
    return size > MAX_TXT_BYTES ? undefined : { name, type, ttl, data: entries };
  }
  if ((type === 'A' || type === 'AAAA') && typeof data === 'string') return { name, type, ttl, data };
  return undefined;
}

function readName(name: unknown): string | undefined {
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_LENGTH) return undefined;
  // A name that is not printable has no business on a screen or in a log, nor with us.
  if (printable(name, MAX_NAME_LENGTH) !== name) return undefined;
  return name.split('.').some((label) => label.length > MAX_LABEL_BYTES) ? undefined : name;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, MAX_RECORDS) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
