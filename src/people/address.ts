/**
 * How people name each other: JIDs of the mesh, `dtn:` addresses, and bare PersonIds.
 *
 * A JID's short form carries 30 bits of the PersonId: enough to tell friends apart, too little to prove anything. It
 * resolves to whoever of that prefix has been heard; the full id never changes hands.
 */
import { HearsayError, printable } from '../base/index.js';
import { isPersonId } from './ids.js';
import type { PersonId } from './types.js';

export type Address =
  | { readonly kind: 'person'; readonly person: PersonId }
  /** `<nickname>.<first 6 of PersonId>` */
  | { readonly kind: 'short'; readonly nickname: string; readonly prefix: string };

const SHORT_LENGTH = 6;
const SHORT_FORM = /^(.+)\.([a-z2-7]{6})$/;
const MAX_ADDRESS_LENGTH = 1024;
const MAX_SLUG_LENGTH = 32;

/**
 * @param domain the mesh domain that JIDs must have.
 * @throws HearsayError `ERR_ADDRESS`.
 */
export function parseAddress(text: string, domain: string): Address {
  const trimmed = text.trim();
  if (trimmed.length > MAX_ADDRESS_LENGTH) throw refuse(text, 'it is too long');
  if (isPersonId(trimmed)) return { kind: 'person', person: trimmed };
  if (trimmed.startsWith('dtn:')) return parseDtnAddress(trimmed);
  const bare = trimmed.split('/', 1)[0] ?? '';
  const at = bare.lastIndexOf('@');
  if (at < 1) throw refuse(text, 'it is neither a JID nor a dtn: address');
  if (bare.slice(at + 1).toLowerCase() !== domain) throw refuse(text, `only addresses at ${domain} can be reached`);
  const local = unescapeNode(bare.slice(0, at));
  if (local.startsWith('dtn:')) return parseDtnAddress(local);
  const lower = local.toLowerCase();
  if (isPersonId(lower)) return { kind: 'person', person: lower };
  const short = SHORT_FORM.exec(lower);
  if (short?.[1] === undefined || short[2] === undefined) {
    throw refuse(text, `it should look like name.abc234@${domain}`);
  }
  // In its one written form: this text becomes a JID again, and a JID holds no spaces or control characters.
  return { kind: 'short', nickname: slug(short[1]), prefix: short[2] };
}

function parseDtnAddress(text: string): Address {
  const node = /^dtn:\/\/([^/]+)(?:\/.*)?$/.exec(text)?.[1];
  if (node === undefined || !isPersonId(node)) throw refuse(text, 'it names no person of this mesh');
  return { kind: 'person', person: node };
}

/** XEP-0106: `\20` and its like stand for characters that a JID's localpart can't hold. */
function unescapeNode(local: string): string {
  return local.replace(/\\(20|22|26|27|2f|3a|3c|3e|40|5c)/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function refuse(text: string, why: string): HearsayError {
  return new HearsayError('ERR_ADDRESS', `"${printable(text)}" is not an address here: ${why}`);
}

/**
 * A nickname as it may stand in a JID: lower case, letters with their marks, digits and hyphens, 32 characters at most;
 * `someone` when nothing is left. A slug is its own slug.
 */
export function slug(nickname: string): string {
  // Lower case may need composing again, and composing may bring capitals: twice is enough for every letter there is.
  const lower = nickname.normalize('NFKC').toLowerCase().normalize('NFKC').toLowerCase().normalize('NFKC');
  const words = lower.replace(/[^\p{L}\p{M}\p{N}]+/gu, '-').replace(/^-+/, '');
  const short = [...words].slice(0, MAX_SLUG_LENGTH).join('').replace(/-+$/, '');
  return short === '' ? 'someone' : short;
}

export function shortJid(nickname: string, person: PersonId, domain: string): string {
  return `${slug(nickname)}.${person.slice(0, SHORT_LENGTH)}@${domain}`;
}

export function fullJid(person: PersonId, domain: string): string {
  return `${person}@${domain}`;
}

/** @returns the JID that an address has before anybody who fits it was heard of. */
export function jidOfAddress(address: Address, domain: string): string {
  if (address.kind === 'person') return fullJid(address.person, domain);
  return `${address.nickname}.${address.prefix}@${domain}`;
}
