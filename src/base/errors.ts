/**
 * How this project names what went wrong: one base class, a stable `code`, the cause kept.
 *
 * Bad input from outside is a `DecodeError`, which the caller expects; a broken invariant of ours is an
 * `InvariantError`, which nobody catches.
 */

/** The base of every error that Hearsay throws on purpose. `code` is stable: programs may match on it. */
export class HearsayError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Bytes or text from outside that are not what they should be. `offset` counts bytes from the start of the input. */
export class DecodeError extends HearsayError {
  readonly offset: number;

  constructor(code: string, message: string, offset: number, options?: { readonly cause?: unknown }) {
    super(code, message, options);
    this.offset = offset;
  }
}

/** A promise of our own code was broken: a bug, never an input. */
export class InvariantError extends HearsayError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ERR_INVARIANT', message, options);
  }
}

/** Throws {@link InvariantError} unless the condition holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** An exhaustiveness check: the compiler refuses the call unless every case was handled. */
export function unreachable(value: never): never {
  throw new InvariantError(`unhandled case: ${printable(value)}`);
}

/** A bounded, one-line rendering of an outside value, safe to put into a message or a log. */
export function printable(value: unknown, maxLength = 80): string {
  const text = typeof value === 'string' ? value : String(value);
  // Control characters would let an outside value forge log lines or drive the terminal.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are exactly what is replaced
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd');
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength)}…`;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
