/** A whole experiment, validated: what `hearsay sim run FILE` reads, in base units. The YAML form is scenario.schema.json. */
import type { StrategyChoice, StrategyFactory } from '../../src/gossip/index.js';
import type { MobilityModel } from '../mobility/types.js';
import type { ContactSource, RadioModel } from '../radio/types.js';

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly seed: number;
  readonly durationMs: number;
  /** Results count messages created from here on. */
  readonly warmupMs: number;
  readonly world: { readonly widthM: number; readonly heightM: number };
  readonly groups: readonly NodeGroup[];
  readonly radios: readonly RadioModel[];
  /** Replaces the groups' mobility when given. */
  readonly contacts?: ContactSource;
  readonly traffic: readonly TrafficSource[];
  readonly engine: EngineSettings;
  readonly faults: Faults;
}

export interface NodeGroup {
  readonly name: string;
  readonly count: number;
  /** Undefined when the contacts come from a trace. */
  readonly mobility?: MobilityModel;
  /** Indices of the radios that its nodes carry. */
  readonly radios: readonly number[];
  /** What differs from the scenario's engine settings. */
  readonly engine?: Partial<EngineSettings>;
}

export interface TrafficSource {
  /** Group names; empty means everybody. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Between two messages: uniform in [min, max], or exponential with this mean. */
  readonly intervalMs: { readonly min: number; readonly max: number } | { readonly mean: number };
  /** Of the text, uniform in [min, max]. */
  readonly sizeBytes: { readonly min: number; readonly max: number };
  readonly startMs: number;
  readonly endMs: number;
  /** Overrides the engine's. */
  readonly lifetimeMs?: number;
}

export interface EngineSettings {
  /** A name of `strategyNames` and its parameters; or any other name, and a factory of your own. */
  readonly strategy: StrategyChoice & { readonly factory?: StrategyFactory };
  readonly quotaBytes: number;
  readonly lifetimeMs: number;
  /** Whether people's beacons are sent and their confidence is judged. */
  readonly presence: boolean;
  /** `objects`: the same core and the same wire sizes, with stand-ins for keys and seals. `real`: every bundle signed and verified. */
  readonly wire: 'objects' | 'real';
  /** Whether gossip's own bytes take airtime; `free` is for comparison with simulators that leave them out. */
  readonly control: 'counted' | 'free';
}

export interface Faults {
  /** Crashes per node and day; a node comes back after a time uniform in `downMs`, with what was on its disk. */
  readonly crashesPerDay: number;
  readonly downMs: { readonly min: number; readonly max: number };
  /** The standard deviation of clock errors. */
  readonly clockErrorMs: number;
}
