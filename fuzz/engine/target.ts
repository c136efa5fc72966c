/**
 * What is fuzzed. `fuzz` returns for every input that is treated well, refused ones included, and throws for a bug: the
 * convention of Jazzer.js, so that its engine can run the same files.
 */
export interface Target {
  fuzz(input: Uint8Array): void;
  /** Byte strings worth inserting. */
  readonly dictionary?: readonly Uint8Array[];
  /** No input is longer. @default 4096 */
  readonly maxBytes?: number;
}

/** A property of the target does not hold. */
export class PropertyError extends Error {}

export function holds(condition: boolean, property: string): void {
  if (!condition) throw new PropertyError(property);
}

/** Runs a decoder: an expected refusal is undefined, anything else that is thrown goes on as a finding. */
export function orRefused<T>(decode: () => T, isRefusal: (error: unknown) => boolean): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}
