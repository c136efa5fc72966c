/** Where a node goes: its own stream, so that whoever asks for its path gets the same one. */
import type { Leg, MobilityModel } from '../mobility/types.js';
import type { Scenario } from '../scenario/types.js';
import { stream } from './streams.js';

export function pathOf(
  { seed, durationMs, world }: Scenario,
  mobility: MobilityModel,
  node: number,
  member: number,
): Iterable<Leg> {
  return mobility.path({ node, member, random: stream(seed, 'mobility', node), endMs: durationMs, ...world });
}
