/** What a command may touch of the terminal; tests pass their own. */
export interface CliIo {
  out(text: string): void;
  err(text: string): void;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Whether stdout goes to a person's terminal that shows colours. */
  readonly colours: boolean;
  /** How large the terminal is; missing where stdout goes elsewhere. */
  readonly screen?: { readonly columns: number; readonly rows: number };
}

export function terminalIo(): CliIo {
  const { columns, rows } = process.stdout;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stdin: process.stdin,
    colours: process.stdout.isTTY === true && !process.env.NO_COLOR,
    // Some terminals do not know their size and say 0.
    ...(process.stdout.isTTY === true && columns > 0 && rows > 0 ? { screen: { columns, rows } } : {}),
  };
}
