/** What is said between the `hearsay` command and the node about a visit to a stick. */
import type { VisitProgress, VisitReport } from '../link/index.js';

export interface StickWish {
  /** The folder that has, or will have, a `hearsay` folder in it; absolute. */
  readonly path: string;
  readonly take: boolean;
  readonly give: boolean;
  /** What our files may take on the stick. @default half of what is free or ours already */
  readonly quotaBytes?: number;
}

export interface StickVisit {
  readonly progress: VisitProgress;
  /** Once it is over. */
  readonly report?: VisitReport;
  /** When it failed. */
  readonly error?: { readonly code: string; readonly message: string };
}
