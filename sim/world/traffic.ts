/** Who writes to whom, when, and how much: drawn beforehand, so that it is the same whatever the mesh does with it. */
import type { Random } from '../../src/base/index.js';
import type { NodeGroup, Scenario, TrafficSource } from '../scenario/types.js';

export interface PlannedMessage {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly sizeBytes: number;
}

/** @returns all messages of the scenario, in order of their time. */
export function planTraffic(scenario: Scenario, random: (source: number) => Random): readonly PlannedMessage[] {
  const planned = scenario.traffic.flatMap((source, index) => [...planSource(scenario, source, random(index))]);
  planned.sort((a, b) => a.createdAtMs - b.createdAtMs);
  return planned.map((message, index) => ({ ...message, id: `M${index + 1}` }));
}

function* planSource(scenario: Scenario, source: TrafficSource, random: Random): Generator<Omit<PlannedMessage, 'id'>> {
  const senders = membersOf(scenario.groups, source.from);
  const recipients = membersOf(scenario.groups, source.to);
  if (
    senders.length === 0 ||
    recipients.length === 0 ||
    (senders.length === 1 && recipients.join() === senders.join())
  ) {
    return;
  }
  const lifetimeMs = source.lifetimeMs ?? scenario.engine.lifetimeMs;
  const endMs = Math.min(source.endMs, scenario.durationMs);
  for (let atMs = source.startMs + gap(source, random); atMs < endMs; atMs += gap(source, random)) {
    const from = drawnOf(senders, random);
    let to = drawnOf(recipients, random);
    while (to === from) to = drawnOf(recipients, random);
    const { min, max } = source.sizeBytes;
    const sizeBytes = Math.round(min + (max - min) * random.unit());
    const createdAtMs = Math.round(atMs);
    yield { from, to, createdAtMs, expiresAtMs: createdAtMs + lifetimeMs, sizeBytes };
  }
}

function gap({ intervalMs }: TrafficSource, random: Random): number {
  const drawn =
    'mean' in intervalMs
      ? -Math.log(1 - random.unit()) * intervalMs.mean
      : intervalMs.min + (intervalMs.max - intervalMs.min) * random.unit();
  // Time has to move on.
  return Math.max(1, drawn);
}

function membersOf(groups: readonly NodeGroup[], names: readonly string[]): readonly number[] {
  const members: number[] = [];
  let first = 0;
  for (const { name, count } of groups) {
    if (names.length === 0 || names.includes(name)) for (let i = 0; i < count; i++) members.push(first + i);
    first += count;
  }
  return members;
}

function drawnOf(members: readonly number[], random: Random): number {
  return members[Math.floor(random.unit() * members.length)] ?? 0;
}
