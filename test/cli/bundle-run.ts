/** Runs `hearsay bundle …` inside the test. */
import { concatBytes, utf8 } from '../../src/base/index.js';
import type { CliIo } from '../../src/cli/io.js';
import { runCli } from '../../src/cli/program.js';

export interface Run {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly out: string;
  readonly err: string;
}

/** @param heard is told what goes to stderr. */
export async function run(
  argv: readonly string[],
  stdin: Uint8Array | string = new Uint8Array(0),
  heard: (text: string) => void = () => {},
): Promise<Run> {
  const chunks: Uint8Array[] = [];
  let err = '';
  const io: CliIo = {
    out: (content) => void chunks.push(typeof content === 'string' ? utf8(content) : content),
    err: (text) => {
      err += text;
      heard(text);
    },
    stdin: (async function* () {
      yield typeof stdin === 'string' ? utf8(stdin) : stdin;
    })(),
    colours: false,
  };
  const status = await runCli(['bundle', ...argv], io);
  const bytes = concatBytes(...chunks);
  return { status, bytes, out: new TextDecoder().decode(bytes), err };
}

/** The JSON objects that were printed, one a line. */
export function objectsIn<Shape>({ out }: Run): readonly Shape[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Shape);
}
