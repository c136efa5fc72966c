/** What a run found out. Plain data: every report, file and plot is made from this. Times are ms since the start. */

export interface RunResult {
  readonly scenario: {
    readonly name: string;
    readonly digest: string;
    readonly seed: number;
    readonly durationMs: number;
  };
  /** SHA-256 over everything else here that is not about this machine, in hex: two runs are equal when this is. */
  readonly digest: string;
  readonly made: {
    readonly version: string;
    readonly node: string;
    readonly cpuSeconds: number;
    readonly peakMiB: number;
  };
  /** False when the run was stopped early; then everything below is up to `endedAtMs`. */
  readonly complete: boolean;
  readonly endedAtMs: number;
  readonly nodes: readonly { readonly name: string; readonly group: string }[];
  readonly strategy: string;
  readonly contacts: { readonly count: number; readonly totalMs: number };
  readonly messages: readonly MessageResult[];
  readonly bytes: Readonly<Record<ByteKind, number>>;
  readonly transfers: {
    readonly started: number;
    readonly completed: number;
    readonly cut: number;
    readonly refused: number;
  };
  /** By reason; refusals are not drops. */
  readonly drops: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  /** Mean and largest share of the quota in use, sampled, and the mean time that a bundle stayed. */
  readonly buffers: {
    readonly samples: readonly { readonly atMs: number; readonly mean: number; readonly max: number }[];
    readonly meanStayMs: number;
  };
  readonly energyJoules: { readonly total: number; readonly perNodeMax: number };
  readonly presence?: PresenceResult;
}

export type ByteKind = 'gossip' | 'message' | 'receipt' | 'presence' | 'certificate' | 'bulk';

export interface MessageResult {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly sizeBytes: number;
  readonly createdAtMs: number;
  readonly deliveredAtMs?: number;
  /** When the sender learnt of it. */
  readonly receiptAtMs?: number;
  readonly hops?: number;
  /** Copies made, the delivered one included. */
  readonly copies: number;
  /** The nodes that it went through to its recipient, both ends included. */
  readonly path?: readonly number[];
  /** Earliest possible arrival: with zero transfer time, and with this message alone on links of their real bandwidth. */
  readonly oracle: { readonly earliestAtMs?: number; readonly earliestOverLinksAtMs?: number };
}

export interface PresenceResult {
  /** Predictions by tenths of stated probability, empty ones left out: their mean, and how often the person could be reached. */
  readonly bins: readonly { readonly stated: number; readonly observed: number; readonly count: number }[];
  /** The mean square of what was stated less 1 or 0 for what was true: 0 is perfect, always saying 0.5 gives 0.25. */
  readonly brier: number;
  /** The mean of −ln of the probability that was given to what was true: 0 is perfect, always saying 0.5 gives 0.69. */
  readonly logScore: number;
}
