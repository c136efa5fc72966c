import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/index.js';
import { StreamParser } from '../../src/xmpp-adapter/stream-parser.js';
import { el, legalText, serialise } from '../../src/xmpp-adapter/xml.js';

describe('what we write', () => {
  it('leaves out what is undefined', () => {
    expect(serialise(el('a', { b: undefined, c: '1' }, undefined, 'x', el('d', {})))).toBe('<a c="1">x<d/></a>');
  });

  it('holds no character that XML 1.0 can’t', () => {
    expect(legalText('a\u0000\u0008\u000b\u001f\ud800b\ufffe\uffff\t\n\u{1f600}\udc00')).toBe('ab\t\n\u{1f600}');
  });

  it('is read back as it was by a strict parser, whatever text is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        let body: string | undefined;
        const parser = new StreamParser(
          { maxStanzaBytes: 10_000, maxDepth: 5, maxAttributes: 5, maxElements: 5 },
          { header: () => undefined, element: (element) => (body = element.getText()), end: () => undefined },
        );
        parser.write(utf8(`<stream xmlns='s'>${serialise(el('m', { a: text }, text))}`));
        // A parser turns every line end into one (XML 1.0 §2.11).
        expect(body).toBe(legalText(text).replace(/\r\n?/g, '\n'));
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});
