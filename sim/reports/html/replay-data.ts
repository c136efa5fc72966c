/**
 * What the replay shows, packed: paths, contacts and the messages that were followed.
 *
 * A page has to stay small enough to open and to send. When a run has more nodes, corners or contacts than fit, every second
 * node is left out, then three of four, and so on: what is shown is then a fair sample of the whole run, not all of its
 * beginning.
 */

import type { Leg } from '../../mobility/index.js';
import type { ContactSource } from '../../radio/types.js';
import type { NodeGroup, Scenario } from '../../scenario/types.js';
import { contactsOf, type EventLog, pathOf } from '../../world/index.js';
import type { RunResult } from '../types.js';
import { layOut } from './layout.js';
import type { FollowedMessage, Replay } from './page/types.js';

export interface ReplayLimits {
  readonly nodes: number;
  /** Of all paths together. */
  readonly corners: number;
  /** Ups and downs. */
  readonly contacts: number;
}

/** About 10 MiB of page at most, together with the events of an {@link EventLog} of its usual size. */
export const REPLAY_LIMITS: ReplayLimits = { nodes: 4000, corners: 200_000, contacts: 200_000 };

export interface PackedReplay {
  readonly replay: Replay;
  /** What was left out, in words. */
  readonly notes: readonly string[];
}

/** The side of the square in which nodes without places are laid out, in tenths of a metre. */
const SIDE = 10_000;

export function packReplay(
  scenario: Scenario,
  result: RunResult,
  log: EventLog,
  limits: ReplayLimits = REPLAY_LIMITS,
): PackedReplay {
  const members = scenario.groups.flatMap((group) =>
    Array.from({ length: group.count }, (_, member) => ({ group, member })),
  );
  const isMap = scenario.contacts === undefined && members.every(({ group }) => group.mobility !== undefined);
  const endMs = result.endedAtMs;
  const pack = new Thinned(members.length, limits.nodes);
  const paths = isMap
    ? packPaths(scenario, members, pack, endMs, limits.corners)
    : new Map<number, readonly number[]>();
  const { contacts, together } = packContacts(contactsOf(scenario), pack, endMs, limits.contacts);
  const shown = pack.nodes();
  const laidOut = isMap ? [] : layOut(shown.length, together, SIDE);
  const messages = followed(result, log);
  const replay: Replay = {
    end: tenths(endMs),
    isMap,
    groups: scenario.groups.map(({ name, count }) => ({ name, count })),
    shown,
    paths: shown.map((node, index) => paths.get(node) ?? [0, laidOut[index]?.x ?? 0, laidOut[index]?.y ?? 0]),
    contacts,
    power: packPower(log, pack),
    messages,
    events: packEvents(log, messages),
  };
  return { replay, notes: notesOf(replay, result, log) };
}

/** Which nodes are shown: those whose number is a multiple of a power of two that grows as room runs out. */
class Thinned {
  readonly #count: number;
  stride = 1;

  constructor(count: number, most: number) {
    this.#count = count;
    while (Math.ceil(count / this.stride) > most) this.stride *= 2;
  }

  has(node: number): boolean {
    return node % this.stride === 0;
  }

  placeOf(node: number): number {
    return node / this.stride;
  }

  nodes(): readonly number[] {
    return Array.from({ length: Math.ceil(this.#count / this.stride) }, (_, place) => place * this.stride);
  }

  /** @returns false when there is only one node left. */
  thin(): boolean {
    if (this.stride >= this.#count) return false;
    this.stride *= 2;
    return true;
  }
}

function packPaths(
  scenario: Scenario,
  members: readonly { readonly group: NodeGroup; readonly member: number }[],
  pack: Thinned,
  endMs: number,
  most: number,
): Map<number, readonly number[]> {
  const paths = new Map<number, readonly number[]>();
  let corners = 0;
  for (const [node, { group, member }] of members.entries()) {
    if (!pack.has(node) || group.mobility === undefined) continue;
    const path = packPath(pathOf(scenario, group.mobility, node, member), endMs);
    paths.set(node, path);
    corners += path.length / 3;
    while (corners > most && pack.thin()) {
      for (const [kept, { length }] of paths) {
        if (pack.has(kept)) continue;
        paths.delete(kept);
        corners -= length / 3;
      }
    }
  }
  return paths;
}

/** Time, x and y of each corner, as differences. */
function packPath(legs: Iterable<Leg>, endMs: number): readonly number[] {
  const packed: number[] = [];
  let [time, x, y] = [0, 0, 0];
  const add = (atMs: number, atX: number, atY: number): void => {
    const corner = [tenths(atMs), Math.round(atX * 10), Math.round(atY * 10)] as const;
    // Where one leg ends the next one begins.
    if (packed.length > 0 && corner[0] === time && corner[1] === x && corner[2] === y) return;
    packed.push(corner[0] - time, corner[1] - x, corner[2] - y);
    [time, x, y] = corner;
  };
  for (const leg of legs) {
    if (leg.fromMs >= endMs) break;
    add(leg.fromMs, leg.fromX, leg.fromY);
    add(leg.toMs, leg.toX, leg.toY);
  }
  return packed;
}

interface PackedContacts {
  readonly contacts: readonly number[];
  /** For how long two were in reach of each other, by their places. */
  readonly together: ReadonlyMap<number, number>;
}

function packContacts(source: ContactSource, pack: Thinned, endMs: number, most: number): PackedContacts {
  let events: { readonly atMs: number; readonly a: number; readonly b: number; readonly up: boolean }[] = [];
  for (const { atMs, a, b, up } of source.events()) {
    if (atMs > endMs) break;
    if (!pack.has(a) || !pack.has(b)) continue;
    events.push({ atMs, a, b, up });
    while (events.length > most && pack.thin())
      events = events.filter((event) => pack.has(event.a) && pack.has(event.b));
  }
  const places = pack.nodes().length;
  const together = new Map<number, number>();
  const contacts: number[] = [];
  let time = 0;
  for (const { atMs, a, b, up } of events) {
    const pair = pack.placeOf(a) * places + pack.placeOf(b);
    // What is up at the end counts as if it ended then.
    together.set(pair, (together.get(pair) ?? 0) + (up ? endMs - atMs : atMs - endMs));
    contacts.push(tenths(atMs) - time, pack.placeOf(a), 2 * pack.placeOf(b) + (up ? 1 : 0));
    time = tenths(atMs);
  }
  return { contacts, together };
}

function packPower(log: EventLog, pack: Thinned): readonly number[] {
  const packed: number[] = [];
  let time = 0;
  for (const { atMs, node, on } of log.power) {
    if (!pack.has(node)) continue;
    packed.push(tenths(atMs) - time, 2 * pack.placeOf(node) + (on ? 1 : 0));
    time = tenths(atMs);
  }
  return packed;
}

function followed({ messages }: RunResult, log: EventLog): readonly FollowedMessage[] {
  const ids = new Set(log.events.map(({ message }) => log.idOf(message)));
  return messages
    .filter(({ id }) => ids.has(id))
    .map(({ id, from, to, sizeBytes, createdAtMs, deliveredAtMs, receiptAtMs, copies, path, oracle }) => ({
      id,
      from,
      to,
      sizeBytes,
      copies,
      createdS: createdAtMs / 1000,
      ...(deliveredAtMs === undefined ? {} : { deliveredS: deliveredAtMs / 1000 }),
      ...(receiptAtMs === undefined ? {} : { receiptS: receiptAtMs / 1000 }),
      ...(oracle.earliestAtMs === undefined ? {} : { oracleS: oracle.earliestAtMs / 1000 }),
      ...(path === undefined ? {} : { path }),
    }));
}

function packEvents(log: EventLog, messages: readonly FollowedMessage[]): readonly number[] {
  const slots = new Map(messages.map(({ id }, slot) => [id, slot]));
  const packed: number[] = [];
  let time = 0;
  for (const { atMs, happening, message, node, from } of log.events) {
    const slot = slots.get(log.idOf(message));
    if (slot === undefined) continue;
    packed.push(tenths(atMs) - time, happening, slot, node, (from ?? -1) + 1);
    time = tenths(atMs);
  }
  return packed;
}

function notesOf(replay: Replay, { nodes, messages }: RunResult, log: EventLog): readonly string[] {
  const notes: string[] = [];
  const count = (value: number): string => value.toLocaleString('en');
  if (!replay.isMap) {
    notes.push('The scenario gives contacts but no places: nodes that meet often are drawn close to each other.');
  }
  if (replay.shown.length < nodes.length) {
    notes.push(
      `${count(replay.shown.length)} of ${count(nodes.length)} nodes are shown, and the links between them; the page would be too large with all.`,
    );
  }
  if (replay.messages.length < messages.length) {
    notes.push(
      `${count(replay.messages.length)} of ${count(messages.length)} messages can be followed, taken evenly over the run.`,
    );
  }
  if (log.fullAtMs !== Number.POSITIVE_INFINITY) {
    notes.push(
      `What became of messages is kept up to ${(log.fullAtMs / 3_600_000).toFixed(2)} h; then there was no more room.`,
    );
  }
  return notes;
}

function tenths(ms: number): number {
  return Math.round(ms / 100);
}
