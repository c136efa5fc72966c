/** Runs a scenario: contacts from its mobility or its trace, the mesh, the oracle; a result that says how to repeat it. */
import { toHex, utf8 } from '../../src/base/index.js';
import { sha256 } from '../../src/crypto/index.js';
import { earliestArrivals, LinkOracle } from '../oracle/index.js';
import { mergeContacts } from '../radio/merge.js';
import { mobilityContacts } from '../radio/mobility-contacts.js';
import type { ContactSource } from '../radio/types.js';
import type { RunResult } from '../reports/types.js';
import type { Scenario } from '../scenario/types.js';
import type { EventLog } from './event-log.js';
import { pathOf } from './paths.js';
import { World } from './world.js';

export interface SimulateOptions {
  /** Told now and then how far the run has got, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Stops the run early; its result says so. */
  readonly signal?: AbortSignal;
  /** Identifies the scenario's text, so that a result says what it is of. */
  readonly digest?: string;
  readonly version?: string;
  /** Is told what becomes of messages, for a replay. */
  readonly log?: EventLog;
}

/** How much happens between two looks at the signal. */
const STEPS_AT_A_TIME = 20_000;
/** Beyond so many messages the oracle over links, one search each, would take longer than the run. */
const MAX_LINK_ORACLE_MESSAGES = 20_000;
const BUFFER_SAMPLES = 100;

/** @throws HearsayError `ERR_STRATEGY` and the like for a scenario that no validation has seen. */
export async function simulate(scenario: Scenario, options: SimulateOptions = {}): Promise<RunResult> {
  const cpuBefore = process.cpuUsage();
  const contacts = contactsOf(scenario);
  const world = new World(scenario, contacts, options.log);
  const buffers = new BufferSampler(world, scenario);
  world.start();
  const { durationMs } = scenario;
  for (let sample = 1; sample <= BUFFER_SAMPLES; sample++) {
    const untilMs = (durationMs * sample) / BUFFER_SAMPLES;
    let isThere = false;
    while (!isThere && options.signal?.aborted !== true) {
      isThere = world.run(untilMs, STEPS_AT_A_TIME);
      options.onProgress?.(world.calendar.nowMs / durationMs);
      // Lets a signal or a redrawn line through.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!isThere) break;
    buffers.sample();
  }
  world.finish();
  return resultOf(scenario, contacts, world, buffers, cpuBefore, options);
}

/** @returns the contacts that the scenario's trace has, or those that its mobility makes. */
export function contactsOf(scenario: Scenario): ContactSource {
  if (scenario.contacts !== undefined) return scenario.contacts;
  const { world, durationMs } = scenario;
  const sources = scenario.radios.map(({ rangeM }, radio) => {
    let first = 0;
    const legs = scenario.groups.flatMap((group) => {
      const offset = first;
      first += group.count;
      return Array.from({ length: group.count }, (_, member) => {
        const { mobility } = group;
        if (mobility === undefined || !group.radios.includes(radio)) return undefined;
        const node = offset + member;
        return () => pathOf(scenario, mobility, node, member);
      });
    });
    return mobilityContacts({ ...world, endMs: durationMs, legs, rangeM, radio });
  });
  return mergeContacts(sources);
}

class BufferSampler {
  readonly samples: { readonly atMs: number; readonly mean: number; readonly max: number }[] = [];
  readonly #world: World;
  readonly #scenario: Scenario;

  constructor(world: World, scenario: Scenario) {
    this.#world = world;
    this.#scenario = scenario;
  }

  sample(): void {
    let sum = 0;
    let max = 0;
    let on = 0;
    for (const { engine } of this.#world.laptops) {
      if (engine === undefined) continue;
      const share = engine.usedShare;
      sum += share;
      max = Math.max(max, share);
      on += 1;
    }
    const atMs = Math.min(this.#world.calendar.nowMs, this.#scenario.durationMs);
    this.samples.push({ atMs, mean: on === 0 ? 0 : sum / on, max });
  }
}

function resultOf(
  scenario: Scenario,
  contacts: ContactSource,
  world: World,
  buffers: BufferSampler,
  cpuBefore: NodeJS.CpuUsage,
  options: SimulateOptions,
): RunResult {
  const { recorder, planned } = world;
  const endedAtMs = Math.min(world.calendar.nowMs, scenario.durationMs);
  const earliest = earliestArrivals(contacts, planned);
  const overLinks = planned.length <= MAX_LINK_ORACLE_MESSAGES ? overLinksOf(scenario, contacts, world) : undefined;
  const messages = recorder.results(earliest, overLinks, endedAtMs);
  const { drops, refusals } = ledgerCounts(world);
  const presence = world.presence.result();
  const found = {
    complete: endedAtMs >= scenario.durationMs,
    endedAtMs,
    nodes: scenario.groups.flatMap(({ name, count }) =>
      Array.from({ length: count }, (_, member) => ({ name: `${name}-${member + 1}`, group: name })),
    ),
    strategy: scenario.engine.strategy.name,
    contacts: world.contacts,
    messages: messages.filter(({ createdAtMs }) => createdAtMs >= scenario.warmupMs),
    bytes: recorder.bytes,
    transfers: recorder.transfers,
    drops,
    refusals: { ...refusals, ...recorder.refusals },
    buffers: { samples: buffers.samples, meanStayMs: recorder.meanStayMs },
    energyJoules: recorder.energyJoules,
    ...(presence === undefined ? {} : { presence }),
  };
  const { seed, durationMs, name } = scenario;
  const about = { name, digest: options.digest ?? '', seed, durationMs };
  const cpu = process.cpuUsage(cpuBefore);
  return {
    scenario: about,
    digest: toHex(sha256(utf8(JSON.stringify([about, found])))),
    made: {
      version: options.version ?? '',
      node: process.version,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    },
    ...found,
  };
}

/** The size that the oracle counts is the bundle's on the wire, where one was made. */
function overLinksOf(scenario: Scenario, contacts: ContactSource, world: World): Float64Array {
  const oracle = new LinkOracle(contacts, scenario.radios);
  const sizes = world.recorder.wireSizes();
  return Float64Array.from(world.planned, (message, index) =>
    oracle.earliestArrival({ ...message, sizeBytes: sizes[index] ?? message.sizeBytes }),
  );
}

function ledgerCounts(world: World): {
  readonly drops: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
} {
  const drops: Record<string, number> = {};
  const refusals: Record<string, number> = {};
  for (const laptop of world.laptops) {
    const counters = laptop.engine?.status(laptop.now()).store;
    if (counters === undefined) continue;
    for (const [reason, count] of Object.entries(counters.dropped)) drops[reason] = (drops[reason] ?? 0) + count;
    for (const [reason, count] of Object.entries(counters.refused)) refusals[reason] = (refusals[reason] ?? 0) + count;
  }
  return { drops, refusals };
}
