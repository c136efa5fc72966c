/** Endpoint ids in text and in CBOR: RFC 9171 §4.2.5.1, and RFC 9758 for `ipn`. */
import { DecodeError, invariant, printable } from '../base/index.js';
import { type CborReader, type CborUint, type CborWriter, Major } from '../cbor/index.js';
import { encodedDtnText, knownEid, rememberEid } from './eid-cache.js';
import { MAX_EID_BYTES } from './limits.js';
import type { DtnEid, Eid, IpnEid, NullEid } from './types.js';

const SCHEME_DTN = 1;
const SCHEME_IPN = 2;
const MAX_UINT32 = 0xffff_ffff;

/** `dtn:none`: no endpoint. */
export const NULL_EID: NullEid = { scheme: 'dtn', kind: 'null' };
const IPN_NULL_EID: NullEid = { scheme: 'ipn', kind: 'null' };

/** One bit per use of an ASCII character. */
const IN_NODE_NAME = 1;
const IN_DEMUX = 2;
const CHARACTER_USES = characterUses();

/** RFC 3986's reg-name (`node-name`), and VCHAR (`demux`); percent signs are checked apart. */
function characterUses(): Uint8Array {
  const uses = new Uint8Array(128);
  for (let code = 0x21; code <= 0x7e; code++) uses[code] = IN_DEMUX;
  const names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=%";
  for (const character of names) uses[character.charCodeAt(0)] = IN_NODE_NAME | IN_DEMUX;
  return uses;
}

/**
 * @param node for our own addresses a PersonId, GroupId or NodeId.
 * @param service empty for the administrative endpoint; starts with `~` when it names a group of endpoints.
 * @throws InvariantError when the parts cannot make an endpoint id.
 */
export function dtnEid(node: string, service: string): DtnEid {
  const eid = splitDtn(`//${node}/${service}`);
  invariant(eid?.node === node, `not a dtn endpoint id: //${printable(node)}/${printable(service)}`);
  return eid;
}

/** The text form, e.g. `dtn://node/service`, `ipn:977000.1.2`, `dtn:none`. */
export function formatEid(eid: Eid): string {
  switch (eid.kind) {
    case 'null':
      return eid.scheme === 'dtn' ? 'dtn:none' : 'ipn:0.0';
    case 'dtn':
      return `dtn://${eid.node}/${eid.service}`;
    case 'ipn':
      return eid.allocator === 0 ? `ipn:${eid.node}.${eid.service}` : `ipn:${eid.allocator}.${eid.node}.${eid.service}`;
  }
}

/** @throws DecodeError `ERR_BUNDLE_EID`; the offset counts characters. */
export function parseEid(text: string): Eid {
  const eid = text.startsWith('dtn:') ? parseDtnText(text) : text.startsWith('ipn:') ? parseIpnText(text) : undefined;
  if (eid === undefined) throw new DecodeError('ERR_BUNDLE_EID', `not an endpoint id: ${printable(text)}`, 0);
  return eid;
}

/** Whether two ids name the same endpoint, however they are encoded. */
export function eidEquals(a: Eid, b: Eid): boolean {
  if (a.kind === 'null') return b.kind === 'null';
  if (a.kind === 'dtn') return b.kind === 'dtn' && a.node === b.node && a.service === b.service;
  return (
    b.kind === 'ipn' && a.allocator === b.allocator && a.node === b.node && BigInt(a.service) === BigInt(b.service)
  );
}

/** Whether the id can name only one endpoint (RFC 9171 §4.2.5.1.1): what a source has to be. */
export function isSingleton(eid: Eid): boolean {
  return eid.kind === 'ipn' || (eid.kind === 'dtn' && !eid.service.startsWith('~'));
}

/** @throws DecodeError `ERR_BUNDLE_EID`, or `ERR_CBOR_…` when it is not even CBOR. */
export function readEid(reader: CborReader): Eid {
  const start = reader.offset;
  reader.arrayOf(2, 'an endpoint id');
  const scheme = reader.uint();
  if (scheme === SCHEME_DTN) return readDtn(reader, start);
  if (scheme === SCHEME_IPN) return readIpn(reader, start);
  return reader.fail('ERR_BUNDLE_EID', `endpoint id scheme ${scheme} is not known`, start);
}

export function writeEid(writer: CborWriter, eid: Eid): void {
  writer.array(2).uint(eid.scheme === 'dtn' ? SCHEME_DTN : SCHEME_IPN);
  if (eid.kind === 'dtn') writer.raw(encodedDtnText(eid));
  else if (eid.kind === 'ipn') writeIpn(writer, eid);
  else if (eid.scheme === 'dtn') writer.uint(0);
  else writeIpnNull(writer, eid);
}

function writeIpnNull(writer: CborWriter, { elements, service }: NullEid): void {
  if (elements === 3) writer.array(3).uint(0);
  else writer.array(2);
  writer.uint(0).uint(service ?? 0);
}

function writeIpn(writer: CborWriter, eid: IpnEid): void {
  if (eid.elements === 3) writer.array(3).uint(eid.allocator).uint(eid.node).uint(eid.service);
  else if (eid.allocator === 0) writer.array(2).uint(eid.node).uint(eid.service);
  else
    writer
      .array(2)
      .uint((BigInt(eid.allocator) << 32n) | BigInt(eid.node))
      .uint(eid.service);
}

/** `dtn:none` is the number 0 in CBOR, never the text "none". */
function readDtn(reader: CborReader, start: number): Eid {
  if (reader.peekMajor() === Major.Unsigned) {
    if (reader.uint() !== 0) reader.fail('ERR_BUNDLE_EID', 'a dtn endpoint id is 0 or a text', start);
    return NULL_EID;
  }
  const textAt = reader.offset;
  const contentAt = reader.textContent();
  const end = reader.offset;
  const known = knownEid(reader.bytes, contentAt, end);
  if (known !== undefined) return known;
  reader.offset = textAt;
  const text = reader.text();
  const eid = splitDtn(text);
  if (eid === undefined) reader.fail('ERR_BUNDLE_EID', `not a dtn endpoint id: ${printable(text)}`, start);
  rememberEid(reader.bytes, contentAt, end, eid);
  return eid;
}

/** Two elements with the allocator in the upper half of the first, or three (RFC 9758). */
function readIpn(reader: CborReader, start: number): Eid {
  const elements = reader.array();
  if (elements !== 2 && elements !== 3) {
    reader.fail('ERR_BUNDLE_EID', `an ipn endpoint id has 2 or 3 elements, not ${elements}`, start);
  }
  let allocator: CborUint = 0;
  let node = reader.uint();
  if (elements === 3) {
    allocator = node;
    node = reader.uint();
  } else if (node > MAX_UINT32) {
    allocator = Number(BigInt(node) >> 32n);
    node = Number(BigInt(node) & 0xffff_ffffn);
  }
  const service = reader.uint();
  if (allocator > MAX_UINT32 || node > MAX_UINT32 || service > MAX_UINT32) {
    reader.fail('ERR_BUNDLE_EID', 'the numbers of an ipn endpoint id are below 2^32', start);
  }
  return ipnEid(Number(allocator), Number(node), Number(service), elements);
}

/** Node 0 of the default allocator is nobody, whatever the service (RFC 9758). */
function ipnEid(allocator: number, node: number, service: number, elements: 2 | 3): Eid {
  if (allocator === 0 && node === 0) {
    if (elements === 2 && service === 0) return IPN_NULL_EID;
    return { ...IPN_NULL_EID, ...(elements === 3 ? { elements } : {}), ...(service === 0 ? {} : { service }) };
  }
  return { scheme: 'ipn', kind: 'ipn', allocator, node, service, elements };
}

/** Splits `//node/service`, checking every character. */
function splitDtn(text: string): DtnEid | undefined {
  const length = text.length;
  if (length > MAX_EID_BYTES || text.charCodeAt(0) !== 0x2f || text.charCodeAt(1) !== 0x2f) return undefined;
  let slash = 2;
  while (slash < length && hasUse(text.charCodeAt(slash), IN_NODE_NAME)) slash++;
  if (slash === 2 || text.charCodeAt(slash) !== 0x2f) return undefined;
  for (let i = slash + 1; i < length; i++) if (!hasUse(text.charCodeAt(i), IN_DEMUX)) return undefined;
  const node = text.slice(2, slash);
  if (node.includes('%') && !/^(?:[^%]|%[0-9a-fA-F]{2})+$/.test(node)) return undefined;
  return { scheme: 'dtn', kind: 'dtn', node, service: text.slice(slash + 1) };
}

function hasUse(code: number, use: number): boolean {
  return code < 128 && ((CHARACTER_USES[code] as number) & use) !== 0;
}

function parseDtnText(text: string): Eid | undefined {
  return text === 'dtn:none' ? NULL_EID : splitDtn(text.slice(4));
}

/** `!` is the local node, number 2^32 − 1 (RFC 9758). */
function parseIpnText(text: string): Eid | undefined {
  const match = /^ipn:(?:!|(?:(0|[1-9][0-9]{0,9})\.)?(0|[1-9][0-9]{0,9}))\.(0|[1-9][0-9]{0,9})$/.exec(text);
  if (match === null) return undefined;
  const allocator = Number(match[1] ?? 0);
  const node = match[2] === undefined ? MAX_UINT32 : Number(match[2]);
  const service = Number(match[3]);
  if (allocator > MAX_UINT32 || node > MAX_UINT32 || service > MAX_UINT32) return undefined;
  if (allocator === 0 && node === 0 && service !== 0) return undefined;
  return ipnEid(allocator, node, service, 2);
}
