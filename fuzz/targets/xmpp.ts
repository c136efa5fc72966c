/** The XML stream parser: refuses with stream errors only, and reads the same however the stream is cut. */
import { utf8, utf8Decode } from '../../src/base/index.js';
import { StreamError } from '../../src/xmpp-adapter/errors.js';
import { StreamParser } from '../../src/xmpp-adapter/stream-parser.js';
import { holds, orRefused } from '../engine/target.js';

export const dictionary = [
  "<?xml version='1.0'?>",
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a'>",
  '</stream:stream>',
  '<message>',
  '</message>',
  '<a/>',
  " xmlns=''",
  " xmlns:p='u'",
  'p:',
  '<![CDATA[',
  ']]>',
  '<!--',
  '&amp;',
  '&#x0;',
  '&lt;',
  '<!DOCTYPE',
  '<?p?>',
  "xml:lang='en'",
  '\uFEFF',
].map((text) => utf8(text));

const TOO_MUCH = 'error policy-violation';
const LIMITS = { maxStanzaBytes: 600, maxDepth: 6, maxAttributes: 8, maxElements: 20 };

/** The first byte says how the rest is cut. */
export function fuzz(input: Uint8Array): void {
  const [cut = 0] = input;
  const stream = input.subarray(1);
  const whole = parse([stream]);
  const pieces: Uint8Array[] = [];
  const length = 1 + (cut % 31);
  for (let at = 0; at < stream.length; at += length) pieces.push(stream.subarray(at, at + length));
  const cutUp = parse(pieces);
  // Bytes that are no text are refused with all of the packet that they came in.
  if (utf8Decode(stream) === undefined) return;
  holds(isSame(whole, cutUp), 'the stream reads the same however it is cut');
}

/**
 * A stream that breaks two rules is refused either way, but which of them is named may depend on the cut: saxes reports a
 * malformed construct at its end, and the limits are looked at after every packet.
 */
function isSame(whole: readonly string[], cutUp: readonly string[]): boolean {
  const named = [whole.at(-1), cutUp.at(-1)];
  if (named.includes(TOO_MUCH) && named.every((last) => last?.startsWith('error '))) {
    return whole.slice(0, -1).join('\n') === cutUp.slice(0, -1).join('\n');
  }
  return whole.join('\n') === cutUp.join('\n');
}

function parse(pieces: readonly Uint8Array[]): string[] {
  const told: string[] = [];
  const parser = new StreamParser(LIMITS, {
    header: (header) => told.push(`header ${JSON.stringify(header)}`),
    element: (element) => told.push(`element ${element.toString()}`),
    end: () => told.push('end'),
  });
  orRefused(
    () => {
      for (const piece of pieces) parser.write(piece);
      return true;
    },
    (error) => {
      if (!(error instanceof StreamError)) return false;
      told.push(`error ${error.condition}`);
      return true;
    },
  );
  return told;
}
