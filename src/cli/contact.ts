/** `hearsay contact …`: the roster of the running node. */
import type { ContactView } from '../chat/index.js';
import { callNode, defaultHome, homeAt } from '../daemon/index.js';
import type { CliIo } from './io.js';
import { contactRow } from './status.js';
import { table } from './table.js';

interface ContactOptions {
  readonly home?: string;
  readonly json?: boolean;
}

export async function listContacts(options: ContactOptions, io: CliIo): Promise<number> {
  const contacts = (await ask(options, 'contact.list', {})) as readonly ContactView[];
  if (options.json === true) io.out(`${JSON.stringify(contacts)}\n`);
  else io.out(contacts.length === 0 ? 'No contacts yet.\n' : `${table(contacts.map(contactRow), '')}\n`);
  return 0;
}

export async function addContact(
  address: string,
  options: ContactOptions & { readonly name?: string; readonly group?: readonly string[] },
  io: CliIo,
): Promise<number> {
  const change = { petname: options.name, groups: options.group };
  const contact = (await ask(options, 'contact.add', { address, ...change })) as ContactView;
  const known =
    contact.personId === undefined ? ' Nobody of that address has been heard of yet; it resolves by itself.' : '';
  io.out(options.json === true ? `${JSON.stringify(contact)}\n` : `${contact.jid} is a contact now.${known}\n`);
  return 0;
}

/** @returns 1 when there was no such contact. */
export async function removeContact(address: string, options: ContactOptions, io: CliIo): Promise<number> {
  const removed = (await ask(options, 'contact.remove', { address })) === true;
  if (removed) io.out('Removed.\n');
  else io.err(`hearsay: there is no contact ${address}\n`);
  return removed ? 0 : 1;
}

function ask(options: ContactOptions, method: string, params: unknown): Promise<unknown> {
  return callNode(homeAt(options.home ?? defaultHome()), method, params);
}
