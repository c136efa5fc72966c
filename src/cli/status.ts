/** `hearsay status`: asks the running node and shows its answer. */
import { printable } from '../base/index.js';
import type { ContactView } from '../chat/index.js';
import { callNode, defaultHome, formatHostPort, homeAt, type MessageStatus, type NodeStatus } from '../daemon/index.js';
import type { CliIo } from './io.js';
import { dtnRows, storeRows } from './status-store.js';
import { duration, plural, size, table } from './table.js';

const SHOWN_MESSAGES = 20;

/** @returns 0, or 1 when no node runs on the home (thrown as `ERR_NOT_RUNNING`). */
export async function runStatus(
  options: { readonly home?: string; readonly json?: boolean; readonly password?: boolean },
  io: CliIo,
): Promise<number> {
  if (options.password === true) {
    io.out(`${await callNode(homeAt(options.home ?? defaultHome()), 'password')}\n`);
    return 0;
  }
  const status = (await callNode(homeAt(options.home ?? defaultHome()), 'status')) as NodeStatus;
  io.out(options.json === true ? `${JSON.stringify(status)}\n` : `${formatStatus(status, Date.now())}\n`);
  return 0;
}

/** @param now Unix ms, for the ages of messages. */
export function formatStatus(status: NodeStatus, now: number): string {
  const { identity, listening, store } = status;
  const sections = [
    table([
      ['you', `${printable(identity.nick)}  ${identity.jid}`],
      ['person', identity.personId],
      ['node', `${identity.nodeId}  up ${duration(status.uptimeMs)}, process ${status.pid}, Hearsay ${status.version}`],
      ['clients', formatHostPort(listening.xmpp)],
      ['links', formatHostPort(listening.tcpcl)],
      ...(status.derivedAddress === undefined ? [] : [['address', derivedAddress(status.derivedAddress)]]),
      [
        'store',
        `${plural(store.bundles, 'bundle')}, ${size(store.bytes)} of ${size(store.quotaBytes)}${classes(store.byClass)}`,
      ],
      ...storeRows(store),
      ...dtnRows(status.dtn),
      ...(status.inbox === 0 ? [] : [['inbox', `${plural(status.inbox, 'message')} no client has taken yet`]]),
      ...(status.rulesBroken === 0
        ? []
        : [['rules', `broken by neighbours ${plural(status.rulesBroken, 'time')}; they are left alone for a while`]]),
      ...(status.clockTrusted ? [] : [['clock', 'wrong: messages travel without their time of day']]),
    ]),
    section('Neighbours', status.neighbours.map(neighbourRow), 'nobody near'),
    section('Contacts', status.contacts.map(contactRow), 'none yet; add one with: hearsay contact add ADDRESS'),
    section(
      'Messages sent',
      status.messages.slice(-SHOWN_MESSAGES).map((sent) => messageRow(sent, now)),
      'none yet',
    ),
  ];
  return sections.join('\n\n');
}

function derivedAddress({ address, prefixLength, isSet }: NonNullable<NodeStatus['derivedAddress']>): string {
  if (isSet) return address;
  return `not set on any interface yet: sudo ip -6 addr add ${address}/${prefixLength} dev INTERFACE`;
}

function section(title: string, rows: readonly (readonly string[])[], empty: string): string {
  return `${title}\n${rows.length === 0 ? `  ${empty}` : table(rows)}`;
}

function classes(byClass: Readonly<Record<string, number>>): string {
  const parts = Object.entries(byClass).filter(([, count]) => count > 0);
  return parts.length === 0 ? '' : ` (${parts.map(([name, count]) => `${name} ${count}`).join(', ')})`;
}

function neighbourRow({ node, foreign, address, sinceMs }: NodeStatus['neighbours'][number]): readonly string[] {
  return [
    printable(node),
    printable(address),
    `connected for ${duration(sinceMs)}${foreign ? ', speaks no gossip' : ''}`,
  ];
}

export function contactRow({ jid, petname, nickname, presence }: ContactView): readonly string[] {
  const heard =
    presence.heardAgoMs === undefined
      ? 'never heard'
      : `heard ${duration(presence.heardAgoMs)} ago, ${plural(presence.hops, 'hop')}`;
  const name = petname !== '' ? printable(petname) : nickname !== '' ? `${printable(nickname)} (unverified)` : '';
  return [jid, name, presence.show, likelihood(presence), heard];
}

/** Certainty is only for a live link: rounding must not claim it. With a link, but no client, there is only a laptop. */
function likelihood({ confidence, show }: ContactView['presence']): string {
  if (confidence === 1) return show === 'offline' ? 'laptop here' : 'here';
  return `${Math.min(99, Math.max(1, Math.round(confidence * 100)))} %`;
}

function messageRow(sent: MessageStatus, now: number): readonly string[] {
  return [`${duration(now - Date.parse(sent.writtenAt))} ago`, `to ${sent.to}`, messageState(sent)];
}

export function messageState(sent: MessageStatus): string {
  if (sent.waitingForKey === true) return 'kept (waits until they have been heard of)';
  if (sent.deliveredAt !== undefined) return `delivered ${sent.deliveredAt}`;
  if (sent.expiredAt !== undefined) return `not delivered before it expired ${sent.expiredAt}`;
  if (sent.keptUntil === undefined) return sent.state;
  return `${sent.state}, kept until ${sent.keptUntil} by ${sent.promisedBy} of them`;
}
