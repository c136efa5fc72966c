/** Bundles as a stranger has them: hexadecimal from logs and source code, base64, many in one input, far too much. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asBuffer, concatBytes, DecodeError, toHex, utf8 } from '../../src/base/index.js';
import { createBundle, encodeBundle } from '../../src/bundle/index.js';
import { bundlesIn } from '../../src/cli/bundle-input.js';
import { chatSpec, signedChat } from '../support/bundles.js';
import { temporaryFolder } from '../support/folder.js';
import { objectsIn, run } from './bundle-run.js';

const ONE = encodeBundle(signedChat());
const TWO = encodeBundle(createBundle(chatSpec({ payload: utf8('second') })));
const HEX = toHex(ONE);

function found(text: string | Uint8Array, hex = false): readonly string[] {
  const input = typeof text === 'string' ? utf8(text) : text;
  return bundlesIn(input, hex).map((each) =>
    each instanceof DecodeError ? `${each.code} ${each.offset}` : toHex(each),
  );
}

describe('one bundle in text', () => {
  it.each<[string, string]>([
    ['digits alone', HEX],
    ['upper case', HEX.toUpperCase()],
    ['0x before it', `0x${HEX}`],
    ['0X before it, and upper case', `0X${HEX.toUpperCase()}`],
    ['white space around and CRLF', `  ${HEX}\r\n\r\n`],
    ['a byte at a time', HEX.replace(/../g, '$& ')],
    ['colons, as in a capture', HEX.replace(/..(?!$)/g, '$&:')],
    ['an array in C', HEX.replace(/../g, '0x$&, ')],
    ['a string in JSON', `"${HEX}",\n`],
    ['wrapped at 64 digits', HEX.replace(/.{64}/g, '$&\n')],
    ['wrapped at 76 digits with CRLF', HEX.replace(/.{76}/g, '$&\r\n')],
    ['comments before and behind', `# from the log\n${HEX} ; Ana's\n`],
    ['base64', asBuffer(ONE).toString('base64')],
    ['base64url', asBuffer(ONE).toString('base64url')],
    ['base64, wrapped', asBuffer(ONE).toString('base64').replace(/.{76}/g, '$&\n')],
  ])('is found: %s', (_, text) => {
    expect(found(text)).toEqual([HEX]);
    expect(found(text, true)).toEqual([HEX]);
  });

  it.each<[string, string, string]>([
    ['a letter that is none', '9f 8x', 'ERR_HEX 4'],
    ['half a byte', '9f8', 'ERR_HEX 3'],
    ['an x that stands alone', '9fx8', 'ERR_HEX 2'],
  ])('is refused with the place: %s', (_, text, error) => {
    expect(found(text, true)).toEqual([error]);
  });
});

describe('several bundles', () => {
  const [a, b] = [HEX, toHex(TWO)];

  it.each<[string, string | Uint8Array]>([
    ['one after the other in binary', concatBytes(ONE, TWO)],
    ['one after the other in digits', `${a}${b}`],
    ['a line each', `${a}\n${b}\n`],
    ['a line each with empty ones and comments between', `# two\r\n\r\n${a}\r\n\r\n   # the second\r\n0x${b}\r\n`],
    ['wrapped together', `${a}${b}`.replace(/.{80}/g, '$&\n')],
    ['base64, a line each', [ONE, TWO].map((each) => asBuffer(each).toString('base64')).join('\n')],
  ])('are told apart: %s', (_, text) => {
    expect(found(text)).toEqual([a, b]);
  });

  it('are a line each as soon as one of them is, whatever is wrong with the others', () => {
    const cut = a.slice(0, -2);
    expect(found(`${cut}\n${b}\n88\nzz\n`)).toEqual([cut, b, '88', 'ERR_HEX 0']);
    expect(found(`${b}\n${b.slice(0, 20)}\n`)).toEqual([b, b.slice(0, 20)]);
    // What follows a bundle on its line belongs to it.
    expect(found(`${a}00\n${b}\n`)).toEqual([`${a}00`, b]);
  });

  it('in several files say which', async () => {
    const folder = temporaryFolder();
    const files = [join(folder, 'a.cbor'), join(folder, 'b.txt')];
    writeFileSync(files[0] as string, ONE);
    writeFileSync(files[1] as string, `${b}\n${b.slice(2)}\n`);
    const looked = await run(['inspect', '--json', ...files]);
    expect(looked.status).toBe(2);
    expect(objectsIn<{ file: string; valid: boolean }>(looked).map(({ file, valid }) => [file, valid])).toEqual([
      [files[0], true],
      [files[1], true],
      [files[1], false],
    ]);
    expect((await run(['inspect', ...files])).out).toMatch(
      /a\.cbor {2}valid .*\n.*b\.txt {2}valid .*\n.*b\.txt {2}invalid {2}ERR_/,
    );
  });
});

describe('input that is no bundle', () => {
  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['white space', ' \n\n'],
    ['words', 'hello, is this the bundle shop?'],
    ['a comment alone', '# nothing here\n'],
    ['binary', Uint8Array.of(0, 1, 2, 255)],
    ['an empty array', '9fff'],
  ])('exits 2 and says so: %s', async (_, text) => {
    const { status, err } = await run(['inspect'], text);
    expect(status).toBe(2);
    expect(err).toMatch(/^ERR_[A-Z_]+ at byte \d+: /);
  });

  it('is not read on once it can only be one bundle that is too large', async () => {
    let given = 0;
    const endless = (async function* () {
      for (;;) {
        given += 1 << 20;
        yield new Uint8Array(1 << 20).fill(0x9f);
      }
    })();
    const { bundleInspect } = await import('../../src/cli/bundle-inspect.js');
    const said: string[] = [];
    const io = { out: () => {}, err: (text: string) => void said.push(text), stdin: endless };
    expect(await bundleInspect({}, io)).toBe(2);
    expect(said.join('')).toMatch(/^ERR_BUNDLE_TOO_LARGE/);
    expect(given).toBeLessThan(64 << 20);
  });
});
