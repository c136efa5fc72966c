/** What the page is given: plain data, as JSON in the file. */

/** How values are written. */
export type Unit = 'time' | 'share' | 'count' | 'bytes' | 'number' | 'log-time';

export interface ChartSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** `points` have whiskers when there are `halves`; `broad` shines through beneath what is drawn over it. */
  readonly form: 'line' | 'step' | 'broad' | 'dashes' | 'bars' | 'points' | 'joined-points';
  /** Of the palette, from 0. @default its place among the series */
  readonly colour?: number;
  /** Half the width of each value's confidence interval. */
  readonly halves?: readonly (number | null)[];
}

/** One plot. */
export interface Chart {
  /** The element that it is put into. */
  readonly target: string;
  /** `time` is in s; `log-time` is the decimal logarithm of s. */
  readonly x: { readonly unit: Unit; readonly title: string; readonly labels?: readonly string[] };
  readonly y: { readonly unit: Unit; readonly title: string; readonly max?: number };
  readonly xs: readonly number[];
  readonly series: readonly ChartSeries[];
}

export interface FollowedMessage {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly sizeBytes: number;
  readonly createdS: number;
  readonly deliveredS?: number;
  readonly receiptS?: number;
  readonly oracleS?: number;
  readonly copies: number;
  readonly path?: readonly number[];
}

/** Times are tenths of a second, places tenths of a metre; both are written as differences from what stands before. */
export interface Replay {
  readonly end: number;
  /** Whether places come from mobility, or are only laid out so that who meets often is close. */
  readonly isMap: boolean;
  readonly groups: readonly { readonly name: string; readonly count: number }[];
  /** The nodes that are shown, by their number in the run. */
  readonly shown: readonly number[];
  /** For each node shown: time, x, y of each corner of its path. */
  readonly paths: readonly (readonly number[])[];
  /** Time, node, twice the other node and 1 for up; places in `shown`. */
  readonly contacts: readonly number[];
  /** Time, twice the node and 1 for on; places in `shown`. */
  readonly power: readonly number[];
  readonly messages: readonly FollowedMessage[];
  /** Time, what happened (`Happening`), which message, at which node, from which node + 1; numbers of the run. */
  readonly events: readonly number[];
}

export interface PageData {
  readonly charts: readonly Chart[];
  readonly replay?: Replay;
}
