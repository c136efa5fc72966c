/** The protocol page says what the code does: its vectors, its error codes, its JSON keys. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/index.js';
import { encodeBundle } from '../../src/bundle/index.js';
import { bundleInspect } from '../../src/cli/bundle-inspect.js';
import { docVectors } from '../support/bundle-doc-vectors.js';
import { ANA, signedChat } from '../support/bundles.js';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(resolve(ROOT, 'docs/protocol/bundles.md'), 'utf8');
/** Long values are broken over lines in the page. */
const FLAT = PAGE.replace(/\s+/g, '');

function sources(folder: string): string {
  const path = resolve(ROOT, folder);
  return readdirSync(path)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(resolve(path, file), 'utf8'))
    .join('\n');
}

describe('docs/protocol/bundles.md', () => {
  it.each([...docVectors()])('has the true vector: %s', (name, value) => {
    expect(FLAT).toContain(`${name}:${value}`.replace(/\s+/g, ''));
  });

  it('lists every error code that decoding can give, and none that it cannot', () => {
    const code = /\bERR_(?:BUNDLE|CBOR)_[A-Z0-9_]*[A-Z0-9]\b/g;
    const thrown = new Set(`${sources('src/bundle')}${sources('src/cbor')}`.match(code));
    expect(new Set(PAGE.match(code))).toEqual(thrown);
  });

  it('names every key of the JSON that inspect prints', async () => {
    let out = '';
    const io = {
      out: (text: string) => {
        out += text;
      },
      err: () => {},
      stdin: input(encodeBundle(signedChat())),
    };
    await bundleInspect({ json: true, key: [toHex(ANA.publicKey)] }, io);
    const pages = `${PAGE}${readFileSync(resolve(ROOT, 'docs/protocol/bpsec.md'), 'utf8')}`;
    const missing = keysOf(JSON.parse(out)).filter((key) => !pages.includes(`\`${key}\``));
    expect(missing).toEqual([]);
  });
});

async function* input(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}
