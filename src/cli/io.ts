/** What a command may touch of the terminal; tests pass their own. */
export interface CliIo {
  out(text: string): void;
  err(text: string): void;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Whether stdout goes to a person's terminal that shows colours. */
  readonly colours: boolean;
}

export function terminalIo(): CliIo {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stdin: process.stdin,
    colours: process.stdout.isTTY === true && !process.env.NO_COLOR,
  };
}
