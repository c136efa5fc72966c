/** Java's properties format, as the documentation of `java.util.Properties.load` gives it, with line numbers kept. */

export interface Property {
  readonly key: string;
  /** Without white space around it. */
  readonly value: string;
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
}

/** Later lines for the same key win, so they are all given, in their order. */
export function parseProperties(text: string, file: string): readonly Property[] {
  const properties: Property[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  for (let at = 0; at < lines.length; at++) {
    const start = at;
    let logical = (lines[at] ?? '').trimStart();
    if (logical === '' || logical.startsWith('#') || logical.startsWith('!')) continue;
    while (endsInEscape(logical) && at + 1 < lines.length) {
      at += 1;
      logical = logical.slice(0, -1) + (lines[at] ?? '').trimStart();
    }
    const [key, value] = splitPair(logical);
    properties.push({ key: unescapeText(key), value: unescapeText(value).trim(), file, line: start + 1 });
  }
  return properties;
}

/** An odd number of backslashes at the end continues the line. */
function endsInEscape(line: string): boolean {
  const tail = /\\+$/.exec(line)?.[0] ?? '';
  return tail.length % 2 === 1;
}

/** The key ends at the first `=`, `:` or white space that is not escaped. */
function splitPair(line: string): readonly [key: string, value: string] {
  const match = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$/s.exec(line);
  return [match?.[1] ?? line, match?.[2] ?? ''];
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescapeText(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, code: string) =>
    code.length === 5 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? code),
  );
}
