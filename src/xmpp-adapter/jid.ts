/** JIDs as clients write them (RFC 7622), XEP-0106 escapes, and what of it the mesh takes as an address. */
import type { AddressText } from '../chat/index.js';

export interface Jid {
  /** '' when there is none: the JID of a server. */
  readonly local: string;
  readonly domain: string;
  /** '' when there is none. */
  readonly resource: string;
}

const MAX_PART_BYTES = 1023;
/** RFC 7622 §3.3.1, plus spaces and control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are exactly what is refused
const NOT_IN_LOCAL = /["&'/:<>@\s\u0000-\u001f\u007f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are exactly what is refused
const NOT_IN_DOMAIN = /["&'/<>@\s\u0000-\u001f\u007f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are exactly what is refused
const NOT_IN_RESOURCE = /[\u0000-\u001f\u007f]/;

/** @returns undefined when the text is no JID. The bare part comes out in lower case: it is compared so. */
export function parseJid(text: string): Jid | undefined {
  const slash = text.indexOf('/');
  const bare = slash < 0 ? text : text.slice(0, slash);
  const resource = slash < 0 ? '' : text.slice(slash + 1);
  const at = bare.indexOf('@');
  const local = at < 0 ? '' : bare.slice(0, at).toLowerCase();
  const domain = bare.slice(at + 1).toLowerCase();
  if (at === 0 || NOT_IN_LOCAL.test(local) || tooLong(local)) return undefined;
  if (domain === '' || NOT_IN_DOMAIN.test(domain) || tooLong(domain)) return undefined;
  if (slash >= 0 && !isResource(resource)) return undefined;
  return { local, domain, resource };
}

export function isResource(text: string): boolean {
  return text !== '' && !NOT_IN_RESOURCE.test(text) && !tooLong(text);
}

function tooLong(part: string): boolean {
  return Buffer.byteLength(part) > MAX_PART_BYTES;
}

export function bareOf(jid: Jid): string {
  return jid.local === '' ? jid.domain : `${jid.local}@${jid.domain}`;
}

/** XEP-0106 §4: the characters that a localpart can't hold, written as `\20` and its like. */
export function unescapeLocal(local: string): string {
  return local.replace(/\\(20|22|26|27|2f|3a|3c|3e|40|5c)/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/**
 * What the mesh calls whom a client names: a `dtn:` address written plainly or escaped into a localpart, or the bare
 * JID. Whether anybody can have it is for the account to say.
 *
 * @returns undefined when the text is none of these.
 */
export function addressOf(text: string): AddressText | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('dtn:')) return trimmed;
  const jid = parseJid(trimmed);
  if (jid === undefined || jid.local === '') return undefined;
  const local = unescapeLocal(jid.local);
  if (local.startsWith('dtn:')) return local;
  return bareOf(jid);
}
