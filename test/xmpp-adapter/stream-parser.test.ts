import fc from 'fast-check';
import type { Element } from 'ltx';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/index.js';
import { StreamError } from '../../src/xmpp-adapter/errors.js';
import { type StreamHeader, StreamParser } from '../../src/xmpp-adapter/stream-parser.js';

const LIMITS = { maxStanzaBytes: 1000, maxDepth: 8, maxAttributes: 6, maxElements: 20 };
const OPEN = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='mesh'>";

class Recorder {
  readonly headers: StreamHeader[] = [];
  readonly elements: string[] = [];
  ended = 0;
  onElement: (element: Element) => void = () => undefined;
  readonly parser: StreamParser;

  constructor(limits = LIMITS) {
    this.parser = new StreamParser(limits, {
      header: (header) => this.headers.push(header),
      element: (element) => {
        this.elements.push(element.toString());
        this.onElement(element);
      },
      end: () => {
        this.ended += 1;
      },
    });
  }

  write(text: string): boolean {
    return this.parser.write(utf8(text));
  }
}

function failureOf(text: string | Uint8Array, limits = LIMITS): string {
  const { parser } = new Recorder(limits);
  try {
    parser.write(typeof text === 'string' ? utf8(text) : text);
  } catch (error) {
    if (error instanceof StreamError) return error.condition;
    throw error;
  }
  return 'none';
}

describe('what is well formed', () => {
  const stream =
    `<?xml version='1.0' encoding='UTF-8'?>\n${OPEN}\n <message to='ben' xml:lang='en'><body>&lt;é🙂&#x41;&amp;</body>` +
    `<x:html xmlns:x='urn:x'><x:p a='1' x:b='2'/><none xmlns=''>no</none></x:html></message><presence/></stream:stream>`;
  const expected = [
    '<message xmlns="jabber:client" to="ben" xml:lang="en"><body>&lt;é🙂A&amp;</body><html xmlns="urn:x"><p a="1"/></html></message>',
    '<presence xmlns="jabber:client"/>',
  ];

  it('comes out in the normal form', () => {
    const recorder = new Recorder();
    recorder.write(stream);
    expect(recorder.elements).toEqual(expected);
    expect(recorder.headers).toEqual([
      {
        name: 'stream',
        namespace: 'http://etherx.jabber.org/streams',
        contentNamespace: 'jabber:client',
        to: 'mesh',
        from: undefined,
        version: undefined,
      },
    ]);
    expect(recorder.ended).toBe(1);
  });

  it('comes out the same wherever it is cut in two, and byte by byte', () => {
    const bytes = utf8(stream);
    for (let cut = 1; cut < bytes.length; cut++) {
      const recorder = new Recorder();
      recorder.parser.write(bytes.subarray(0, cut));
      recorder.parser.write(bytes.subarray(cut));
      expect([cut, recorder.elements, recorder.ended]).toEqual([cut, expected, 1]);
    }
    const slowly = new Recorder();
    for (const byte of bytes) slowly.parser.write(Uint8Array.of(byte));
    expect(slowly.elements).toEqual(expected);
  });

  it('takes whitespace between stanzas for ever', () => {
    const recorder = new Recorder();
    recorder.write(OPEN);
    for (let i = 0; i < 200; i++) recorder.write(' \n'.repeat(20));
    recorder.write('<presence/>');
    expect(recorder.elements).toHaveLength(1);
  });

  it('takes CDATA for text', () => {
    const recorder = new Recorder();
    recorder.write(`${OPEN}<message><body>a<![CDATA[<b>&amp;]]>c</body></message>`);
    expect(recorder.elements[0]).toContain('<body>a&lt;b&gt;&amp;amp;c</body>');
  });

  it('takes 5 MiB of text in time that grows with its length', () => {
    const limits = { ...LIMITS, maxStanzaBytes: 8 * 1024 * 1024 };
    const body = 'a&amp;b <&lt;'.slice(0, 8).repeat((5 * 1024 * 1024) / 8);
    const recorder = new Recorder(limits);
    let length = 0;
    recorder.onElement = (element) => {
      length = element.getText().length;
    };
    const bytes = utf8(`${OPEN}<message>${body}</message>`);
    const started = performance.now();
    for (let at = 0; at < bytes.length; at += 1400) recorder.parser.write(bytes.subarray(at, at + 1400));
    expect(length).toBe((5 * 1024 * 1024) / 2);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('a stream that begins anew inside the input', () => {
  it('is read from where the old one ended, wherever the input is cut', () => {
    const bytes = utf8(`${OPEN}<auth/>\n<?xml version='1.0'?>${OPEN}<iq/>`);
    for (let cut = 1; cut < bytes.length; cut++) {
      const recorder = new Recorder();
      recorder.onElement = () => {
        if (recorder.elements.length === 1) recorder.parser.restart();
      };
      recorder.parser.write(bytes.subarray(0, cut));
      recorder.parser.write(bytes.subarray(cut));
      expect([cut, recorder.headers.length, recorder.elements.length]).toEqual([cut, 2, 2]);
    }
  });

  it('tells whether anything followed where it was stopped', () => {
    const unreadOf = (rest: string): boolean => {
      const recorder = new Recorder();
      recorder.onElement = () => recorder.parser.stop();
      return recorder.write(`${OPEN}<starttls/>${rest}`);
    };
    expect(unreadOf('')).toBe(false);
    expect(unreadOf('\n')).toBe(false);
    expect(unreadOf('<auth/>')).toBe(true);
    expect(unreadOf('\u0016\u0003')).toBe(true);
    expect(unreadOf(' '.repeat(20_000))).toBe(true);
  });
});

describe('XML that is not well formed', () => {
  it.each([
    ['a tag that is closed by another', `${OPEN}<a><b></a></b>`],
    ['a stanza that is closed by another name', `${OPEN}<message></presence>`],
    ['a stream that is closed by another name', `${OPEN}</stream>`],
    ['a closing tag too many', `${OPEN}</stream:stream></x>`.replace('</stream:stream>', '<a/></a>')],
    ['an attribute twice', `${OPEN}<a b='1' b='2'/>`],
    ['an attribute twice by namespace', `${OPEN}<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>`],
    ['an attribute without quotes', `${OPEN}<a b=1/>`],
    ['an attribute without value', `${OPEN}<a b/>`],
    ['a raw < in an attribute', `${OPEN}<a b='<'/>`],
    ['a raw &, at the next semicolon', `${OPEN}<a>a & b</a><a>;</a>`],
    ['a prefix that is not bound', `${OPEN}<x:a/>`],
    ['an attribute prefix that is not bound', `${OPEN}<a x:b='1'/>`],
    ['U+0000', `${OPEN}<a>\u0000</a>`],
    ['a reference to U+0000', `${OPEN}<a>&#0;</a>`],
    ['a control character', `${OPEN}<a>\u0007</a>`],
    ['U+FFFF', `${OPEN}<a>\uffff</a>`],
    [']]> in text', `${OPEN}<a>]]></a>`],
    ['an XML declaration in the middle', `${OPEN}<?xml version='1.0'?>`],
    ['no root', 'hello'],
    ['a surrogate reference', `${OPEN}<a>&#xD800;</a>`],
    ['an empty name', `${OPEN}< a/>`],
  ])('is refused: %s', (_, text) => {
    expect(failureOf(text)).toBe('not-well-formed');
  });

  it('is refused when it is not UTF-8', () => {
    expect(failureOf(Uint8Array.of(...utf8(`${OPEN}<a>`), 0xc3, 0x28))).toBe('not-well-formed');
    expect(failureOf(Uint8Array.of(...utf8(`${OPEN}<a>`), 0xed, 0xa0, 0x80))).toBe('not-well-formed');
  });

  it('never lets out a stanza whose closing tag is wrong', () => {
    const recorder = new Recorder();
    expect(() => recorder.write(`${OPEN}<message><body>hi</body></presence>`)).toThrow(StreamError);
    expect(recorder.elements).toEqual([]);
  });

  it('still lets out the stanzas before it', () => {
    const recorder = new Recorder();
    expect(() => recorder.write(`${OPEN}<message/><presence/><a b/>`)).toThrow(StreamError);
    expect(recorder.elements).toHaveLength(2);
  });
});

describe('XML that XMPP forbids', () => {
  const laughs = '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">';
  it.each([
    ['a comment', `${OPEN}<!-- hi -->`],
    ['a comment inside a stanza', `${OPEN}<message><!-- hi --></message>`],
    ['a processing instruction', `${OPEN}<?php hi ?>`],
    ['a document type', `<!DOCTYPE x>${OPEN}`],
    ['entity declarations', `<!DOCTYPE x [${laughs}]>${OPEN}<a>&b;</a>`],
    ['a document type in the middle', `${OPEN}<!DOCTYPE x [${laughs}]>`],
    ['an external entity', `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${OPEN}`],
    ['an entity beyond the five', `${OPEN}<a>&nbsp;</a>`],
    ['an entity that is a property of every object', `${OPEN}<a>&constructor;</a>`],
    ['an entity in an attribute', `${OPEN}<a b='&toString;'/>`],
  ])('is restricted: %s', (_, text) => {
    expect(failureOf(text)).toBe('restricted-xml');
  });

  it('has to be UTF-8 by its own word', () => {
    expect(failureOf(`<?xml version='1.0' encoding='ISO-8859-1'?>${OPEN}`)).toBe('unsupported-encoding');
  });

  it('has no text between stanzas', () => {
    expect(failureOf(`${OPEN}hello<a/>`)).toBe('bad-format');
  });
});

describe('what is too much', () => {
  const stanza = (bytes: number): string => `<a>${'x'.repeat(bytes - 7)}</a>`;

  it('is a byte more than the limit, however it comes', () => {
    expect(failureOf(OPEN + stanza(1000))).toBe('none');
    expect(failureOf(OPEN + stanza(1001))).toBe('policy-violation');
    expect(failureOf(`${OPEN + stanza(600)}<presence/>${stanza(600)}`)).toBe('none');
    const slowly = new Recorder();
    slowly.write(OPEN);
    expect(() => {
      for (const letter of stanza(1001)) slowly.write(letter);
    }).toThrow(/1000 bytes/);
  });

  it('counts bytes, not letters', () => {
    expect(failureOf(`${OPEN}<a>${'é'.repeat(497)}</a>`)).toBe('policy-violation');
  });

  it('is noticed without an end in sight', () => {
    expect(failureOf(`${OPEN}<a ${'b'.repeat(1100)}`)).toBe('policy-violation');
    expect(failureOf(`<!DOCTYPE x [${'<!ENTITY a "b">'.repeat(100)}`)).toBe('policy-violation');
    expect(failureOf(`<?xml ${' '.repeat(1100)}`)).toBe('policy-violation');
  });

  it('is too deep, too many attributes, too many elements', () => {
    expect(failureOf(OPEN + '<a>'.repeat(7))).toBe('none');
    expect(failureOf(OPEN + '<a>'.repeat(8))).toBe('policy-violation');
    expect(failureOf(`${OPEN}<a b='' c='' d='' e='' f='' g=''/>`)).toBe('none');
    expect(failureOf(`${OPEN}<a b='' c='' d='' e='' f='' g='' h=''/>`)).toBe('policy-violation');
    expect(failureOf(`${OPEN}<a>${'<b/>'.repeat(19)}</a><a>${'<b/>'.repeat(19)}</a>`)).toBe('none');
    expect(failureOf(`${OPEN}<a>${'<b/>'.repeat(20)}</a>`)).toBe('policy-violation');
  });
});

describe('any bytes at all', () => {
  it('are read or refused, and nothing else happens', () => {
    const alphabet = [
      '<',
      '>',
      '/',
      '"',
      "'",
      '&',
      ';',
      '!',
      '-',
      '[',
      ']',
      '?',
      '=',
      ':',
      'a',
      ' ',
      '\u0000',
      'é',
      OPEN,
      '<![CDATA[',
      '<!--',
      '&amp;',
      '<a>',
      '</a>',
    ];
    const xmlish = fc.array(fc.constantFrom(...alphabet), { maxLength: 30 }).map((parts) => utf8(parts.join('')));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), xmlish), fc.boolean(), (bytes, opened) => {
        const { parser } = new Recorder();
        try {
          if (opened) parser.write(utf8(OPEN));
          parser.write(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(StreamError);
        }
      }),
      { numRuns: 2000, seed: 5 },
    );
  });
});
