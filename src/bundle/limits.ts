/** Bounds on what a decoder takes in. A hostile bundle costs at most work proportional to the bytes it has. */
export interface BundleLimits {
  /** @default 16 MiB */
  readonly maxBytes?: number;
  /** Canonical blocks, the payload included. @default 64 */
  readonly maxBlocks?: number;
}

export const DEFAULT_MAX_BUNDLE_BYTES = 16 * 1024 * 1024;
export const DEFAULT_MAX_BLOCKS = 64;

/** Bytes in the scheme-specific part of one `dtn` endpoint id. Names are stored, indexed and logged. */
export const MAX_EID_BYTES = 512;
