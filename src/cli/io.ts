/** What a command may touch of the terminal; tests pass their own. */
export interface CliIo {
  /** Bytes go out as they are. */
  out(content: string | Uint8Array): void;
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
    out: (content) => void process.stdout.write(content),
    err: (text) => void process.stderr.write(text),
    stdin: process.stdin,
    colours: process.stdout.isTTY === true && !process.env.NO_COLOR,
    // Some terminals do not know their size and say 0.
    ...(process.stdout.isTTY === true && columns > 0 && rows > 0 ? { screen: { columns, rows } } : {}),
  };
}
